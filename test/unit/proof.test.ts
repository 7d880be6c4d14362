import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { ErrorCode } from '../../src/errors.ts';
import { Refusal } from '../../src/errors.ts';
import { checkProof, type Demands } from '../../src/oidc/proof.ts';

const now = 1_800_000_000_000;
const seconds = now / 1000;

function findCode(claims: Record<string, unknown>, demands: Demands): ErrorCode | undefined {
  try {
    checkProof(claims, demands, now);
    return undefined;
  } catch (error) {
    assert.ok(error instanceof Refusal);
    return error.code;
  }
}

describe('proof of sign-in', () => {
  it('what is not demanded is handed on where it is well-formed', () => {
    assert.deepEqual(checkProof({ auth_time: seconds - 9, acr: 'mfa' }, {}, now), {
      authTime: seconds - 9,
      acr: 'mfa',
    });
    for (const claims of [{}, { auth_time: '5', acr: 5 }, { auth_time: -1, acr: '' }, { auth_time: Number.NaN }]) {
      assert.deepEqual(checkProof(claims, {}, now), {});
    }
  });

  it('max_age: auth_time must be there', () => {
    for (const time of [undefined, String(seconds), null, Number.NaN, -1]) {
      assert.equal(findCode({ auth_time: time }, { maxAge: 300 }), 'id_token_invalid', String(time));
    }
  });

  it('property: max_age admits exactly what is young enough, with a minute for clocks', () => {
    fc.assert(
      fc.property(fc.integer({ min: -200, max: 1000 }), fc.integer({ min: 0, max: 500 }), (age, maxAge) => {
        const code = findCode({ auth_time: seconds - age }, { maxAge });
        const expected = age < -60 ? 'id_token_invalid' : age > maxAge + 60 ? 'sign_in_too_old' : undefined;
        assert.equal(code, expected);
      }),
    );
  });

  it('acr: one of the values, to the letter', () => {
    const demands = { acrValues: 'gold urn:x:silver' };
    assert.equal(findCode({ acr: 'gold' }, demands), undefined);
    assert.equal(findCode({ acr: 'urn:x:silver' }, demands), undefined);
    for (const acr of [undefined, '', 'gol', 'Gold', 'gold urn:x:silver', ['gold'], 0]) {
      assert.equal(findCode({ acr }, demands), 'acr_insufficient', String(acr));
    }
  });
});
