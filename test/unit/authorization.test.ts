import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { Refusal } from '../../src/errors.ts';
import { findBearerToken } from '../../src/http/authorization.ts';

const find = (value: string, name = 'Authorization'): string | undefined =>
  findBearerToken(['Host', 'app.example', name, value]);

describe('the bearer token of a request', () => {
  for (const scheme of ['Bearer', 'bearer', 'BEARER', 'bEaReR']) {
    it(`is found behind ${scheme}`, () => assert.equal(find(`${scheme} abc.DEF-1_~+/==`), 'abc.DEF-1_~+/=='));
  }

  it('is found behind several spaces and under any spelling of the header', () => {
    assert.equal(find('Bearer   x', 'aUTHORIZATION'), 'x');
  });

  for (const value of [
    'Basic YTpi',
    'Negotiate x',
    'Bearers x',
    'Bearer-x y',
    'Bearer!x y',
    'NoBearer x',
    '',
    'DPoP x',
  ]) {
    it(`is not looked for in ${JSON.stringify(value)}`, () => assert.equal(find(value), undefined));
  }

  it('is not looked for in other headers', () => {
    for (const name of ['Authorization_', 'Proxy-Authorization', 'X-Authorization', 'uthorizationA']) {
      assert.equal(find('Bearer x', name), undefined);
    }
    assert.equal(findBearerToken([]), undefined);
  });

  const malformed = [
    'Bearer',
    'Bearer ',
    'Bearer\tx',
    'Bearer,x',
    'Bearer=x',
    'Bearer x y',
    'Bearer x,y',
    'Bearer "x"',
  ];
  for (const value of [...malformed, 'Bearer =', 'Bearer x=y', 'Bearer x\u00e9', `Bearer ${'x'.repeat(16_378)}`]) {
    it(`malformed is not absent: ${JSON.stringify(value.slice(0, 20))}`, () => {
      assert.throws(
        () => find(value),
        (error) => error instanceof Refusal && error.code === 'invalid_token',
      );
    });
  }

  it('may have as many bytes as the header has room for', () => {
    assert.equal(find(`Bearer ${'x'.repeat(16_377)}`)?.length, 16_377);
  });

  it('property: a token comes back as it is, or the refusal does not repeat it', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 60 }), (token) => {
        try {
          assert.ok([token.replace(/^ +/, ''), undefined].includes(find(`Bearer ${token}`)));
        } catch (error) {
          assert.ok(error instanceof Refusal);
          assert.ok(token.length < 4 || !error.detail.includes(token));
        }
      }),
    );
  });
});
