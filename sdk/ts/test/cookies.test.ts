// A session in cookies, as in a browser, against a real shop: SHOP says where it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Problem, Shop, addCartItem, createAddress, getCart, getCurrentUser, listProducts, login, logout, logoutAll, register } from '@shopd/client';
import { fakeShop, json, problem } from './fake.js';
import { Jar } from './jar.js';

const url = process.env.SHOP ?? '';
const options = { skip: url === '' && 'SHOP does not say where the shop is' };
const password = 'correct horse 9';
const address = { recipient: 'Ada', line1: '1 Road', city: 'London', postal_code: 'N1 9GU', country: 'GB' };

/** A page of the browser that has the jar. */
function page(jar: Jar, onTokens?: (tokens: unknown) => void): Shop {
  return new Shop(url, { cookies: true, fetch: jar.fetch, csrfToken: jar.csrfToken, onTokens });
}

async function signIn(shop: Shop): Promise<string> {
  const email = `ts-${crypto.randomUUID()}@example.com`;
  await register(shop, { body: { email, password, first_name: 'Ada', last_name: 'Lovelace' } });
  await login(shop, { body: { email, password } });
  return email;
}

async function refused(call: Promise<unknown>, status: number): Promise<void> {
  await assert.rejects(call, (error) => error instanceof Problem && error.status === status);
}

test('a session in cookies', options, async () => {
  const jar = new Jar();
  const shop = page(jar);
  assert.equal(shop.signedIn, false);
  await signIn(shop);
  assert.deepEqual([shop.signedIn, shop.tokens], [true, null], 'scripts do not have the tokens');
  assert.deepEqual(jar.names, ['access_token', 'csrf_token', 'refresh_token']);
  assert.equal((await createAddress(shop, { body: address })).city, 'London');

  await refused(createAddress(new Shop(url, { cookies: true, fetch: jar.fetch, csrfToken: () => undefined }), { body: address }), 403);

  const reloaded = page(jar);
  assert.equal(reloaded.signedIn, true, 'the session outlives the page');
  assert.equal((await getCurrentUser(reloaded)).first_name, 'Ada');

  await logout(shop);
  assert.deepEqual([jar.names, shop.signedIn], [[], false]);
  await refused(getCurrentUser(shop), 401);
  assert.ok(jar.seen.every(({ headers }) => !headers.has('Authorization')), 'no token next to a cookie');
  const unsafe = jar.seen.filter(({ method, headers }) => method === 'GET' && headers.has('X-CSRF-Token'));
  assert.deepEqual(unsafe, [], 'only changes need the token');
});

test('twenty calls with a spent cookie make one refresh', options, async () => {
  const jar = new Jar();
  const shop = page(jar);
  await signIn(shop);
  jar.spoil('access_token');
  await Promise.all(Array.from({ length: 20 }, () => getCurrentUser(shop)));
  const refreshes = () => jar.seen.filter(({ path }) => path.endsWith('/auth/refresh')).length;
  assert.equal(refreshes(), 1);
  jar.spoil('access_token');
  await createAddress(shop, { body: address });
  assert.equal(refreshes(), 2);
});

test('a session that was ended elsewhere leaves a guest', options, async () => {
  const jar = new Jar();
  const calls: unknown[] = [];
  const shop = page(jar, (tokens) => calls.push(tokens));
  const email = await signIn(shop);
  const elsewhere = new Shop(url);
  await login(elsewhere, { body: { email, password } });
  await logoutAll(elsewhere);

  await refused(getCurrentUser(shop), 401);
  assert.deepEqual([shop.signedIn, jar.names, calls], [false, [], [null]]);
  const [product] = (await listProducts(shop, { in_stock: true, limit: 1 })).items;
  await addCartItem(shop, { body: { product_id: product?.id ?? 0, quantity: 1 } });
  assert.equal((await getCart(shop)).total_quantity, 1, 'a guest has a cart');
});

test('a call is judged by cookies or by a token', async () => {
  const credentials: unknown[] = [];
  const shop = new Shop('http://shop.test', {
    cookies: true,
    csrfToken: () => 'c',
    fetch: async (_, init) => (credentials.push([init?.credentials, new Headers(init?.headers).get('X-CSRF-Token')]), json(200, {})),
  });
  await createAddress(shop, { body: address });
  await createAddress(shop, { body: address }, { headers: { Authorization: 'Bearer another' } });
  assert.deepEqual(credentials, [['include', 'c'], ['omit', null]]);
  const tokens = { access_token: 'a', refresh_token: 'r' };
  assert.throws(() => new Shop('http://shop.test', { cookies: true, tokens }), TypeError);
  assert.throws(() => (shop.tokens = tokens), TypeError);
});

test('a refresh that another page won is as good as one\'s own', async () => {
  const { shop, seen } = fakeShop(
    ({ path }, count) => (path.endsWith('refresh') ? problem(409, 'refresh_in_progress') : count === 1 ? problem(401, 'token_expired') : json(200, { id: 1 })),
    { cookies: true, csrfToken: () => 'c' },
  );
  assert.equal((await getCurrentUser(shop)).id, 1);
  assert.deepEqual(seen.map(({ path }) => path), ['/api/v1/auth/me', '/api/v1/auth/refresh', '/api/v1/auth/me']);
});
