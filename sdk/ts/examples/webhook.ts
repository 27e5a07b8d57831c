import { createHmac, timingSafeEqual } from 'node:crypto';

// Returns whether an event comes from the shop. body is what arrived, before any parsing; secret begins with whsec_.
export function isFromShop(secret: string, headers: Headers, body: string, now = Date.now() / 1000): boolean {
  const id = headers.get('webhook-id') ?? '';
  const timestamp = headers.get('webhook-timestamp') ?? '';
  if (!(Math.abs(now - Number(timestamp)) < 5 * 60)) return false; // an old one, sent again by an attacker
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64');
  const expected = Buffer.from('v1,' + createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64'));
  const given = (headers.get('webhook-signature') ?? '').split(' ').map((signature) => Buffer.from(signature));
  return given.some((signature) => signature.length === expected.length && timingSafeEqual(signature, expected));
}
