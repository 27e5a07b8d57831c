import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isFromShop } from '../examples/webhook.js';

// The example of the specification of Standard Webhooks.
const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const body = '{"test": 2432232314}';
const sent = 1614265330;
const headers = (signature: string) =>
  new Headers({ 'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek', 'webhook-timestamp': String(sent), 'webhook-signature': signature });

test('the example of the documents knows events of the shop from others', () => {
  const signed = headers('v1,c2VjcmV0LW9m v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=');
  assert.equal(isFromShop(secret, signed, body, sent), true);
  assert.equal(isFromShop(secret, signed, body + ' ', sent), false);
  assert.equal(isFromShop(secret, signed, body, sent + 301), false);
  assert.equal(isFromShop('whsec_' + 'A'.repeat(32), signed, body, sent), false);
  assert.equal(isFromShop(secret, headers(''), body, sent), false);
  assert.equal(isFromShop(secret, new Headers(), body, sent), false);
});
