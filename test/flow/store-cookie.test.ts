import { testStore } from './store-contract.ts';

testStore({
  skip: false,
  begin: () => Promise.resolve({}),
  pass: (app, ms) => Promise.resolve(app.clock.advance(ms)),
});
