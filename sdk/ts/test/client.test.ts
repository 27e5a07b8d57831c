// What the client does by itself, against a stand-in for the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Problem, addCartItem, ask, compareProducts, createOrder, each, getCart, getOrder, getProduct, listBrands, listProducts, payOrder } from '@shopd/client';
import { fakeShop, json, problem } from './fake.js';

const tokens = { access_token: 'old', refresh_token: 'r1' };

test('many calls with a spent token refresh it once', async () => {
  let refreshes = 0;
  const kept: unknown[] = [];
  const { shop } = fakeShop(
    async ({ path, headers, body }) => {
      if (path === '/api/v1/auth/refresh') {
        refreshes++;
        assert.deepEqual(JSON.parse(body), { refresh_token: 'r1' });
        assert.equal(headers.get('Authorization'), null);
        await new Promise((resolve) => setTimeout(resolve, 5));
        return json(200, { access_token: 'new', refresh_token: 'r2' });
      }
      return headers.get('Authorization') === 'Bearer new' ? json(200, { id: 1 }) : problem(401, 'token_expired');
    },
    { tokens, onTokens: (fresh) => kept.push(fresh) },
  );
  const orders = await Promise.all(Array.from({ length: 20 }, () => getOrder(shop, { id: 1 })));
  assert.equal(orders.length, 20);
  assert.equal(refreshes, 1);
  assert.deepEqual(kept, [{ access_token: 'new', refresh_token: 'r2' }]);
});

test("with tokens or as a guest, the cookies of another page of the host stay at home", async () => {
  for (const options of [{ tokens }, {}]) {
    const { shop, seen } = fakeShop(() => json(200, { id: 1 }), options);
    await getOrder(shop, { id: 1 });
    assert.equal(seen[0]?.credentials, 'omit');
  }
});

test('lists in a query are repeated parameters', async () => {
  const { shop, seen } = fakeShop(() => json(200, { products: [], rows: [] }));
  await compareProducts(shop, { ids: [7, 9] });
  assert.equal(seen[0]?.path, '/api/v1/products/compare?ids=7&ids=9');
});

test('a session that has ended is forgotten, and the call says why', async () => {
  const { shop, seen } = fakeShop(({ path }) => problem(401, path.endsWith('refresh') ? 'token_reused' : 'token_expired'), { tokens });
  await assert.rejects(getOrder(shop, { id: 1 }), (error) => error instanceof Problem && error.code === 'token_expired');
  assert.equal(shop.tokens, null);
  assert.equal(seen.length, 2);
});

test('a refresh that fails for another reason keeps the session', async () => {
  const { shop } = fakeShop(({ path }) => problem(path.endsWith('refresh') ? 503 : 401, 'unavailable'), { tokens });
  await assert.rejects(getOrder(shop, { id: 1 }), (error) => error instanceof Problem && error.status === 503);
  assert.equal(shop.tokens, tokens);
});

test('an order is repeated with the same key until it is answered', async () => {
  const { shop, seen } = fakeShop((_, count) => {
    if (count === 1) throw new TypeError('fetch failed');
    return count === 2 ? problem(409, 'idempotency_in_flight', { 'Retry-After': '0' }) : json(201, { id: 9 });
  });
  assert.equal((await createOrder(shop)).id, 9);
  const keys = seen.map(({ headers }) => headers.get('Idempotency-Key'));
  assert.equal(keys.length, 3);
  assert.equal(new Set(keys).size, 1);
  assert.match(keys[0] ?? '', /^[0-9a-f]{32}$/);
});

test('a key of the caller is kept', async () => {
  const { shop, seen } = fakeShop(() => json(201, {}));
  await payOrder(shop, { id: 3, 'Idempotency-Key': 'mine', body: { payment_type: 'card', token: 'tok_visa' } });
  assert.equal(seen[0]?.headers.get('Idempotency-Key'), 'mine');
  assert.equal(seen[0]?.path, '/api/v1/orders/3/pay');
});

test('reads wait as long as Retry-After says', async () => {
  const { shop, seen } = fakeShop((_, count) => (count === 1 ? problem(429, 'rate_limited', { 'Retry-After': '1' }) : json(200, { id: 1 })));
  const started = Date.now();
  await getProduct(shop, { id: 1 });
  assert.ok(Date.now() - started >= 990);
  assert.equal(seen.length, 2);
});

test('a wait beyond patience is the caller\'s to decide', async () => {
  const { shop, seen } = fakeShop(() => problem(429, 'rate_limited', { 'Retry-After': '3600' }));
  await assert.rejects(getProduct(shop, { id: 1 }), (error) => error instanceof Problem && error.retryAfter === 3600);
  assert.equal(seen.length, 1);
});

test('retries end', async () => {
  const { shop, seen } = fakeShop(() => problem(503, 'unavailable'), { retries: 2 });
  await assert.rejects(getProduct(shop, { id: 1 }), Problem);
  assert.equal(seen.length, 3);
});

test('what may have had its effect is not repeated', async () => {
  const { shop, seen } = fakeShop(() => problem(503, 'unavailable'));
  await assert.rejects(addCartItem(shop, { body: { product_id: 1, quantity: 1 } }), Problem);
  assert.equal(seen.length, 1);
});

test('a conflict is an answer', async () => {
  const { shop, seen } = fakeShop(() => problem(409, 'cart_empty'));
  await assert.rejects(createOrder(shop), (error) => error instanceof Problem && error.code === 'cart_empty' && error.request_id === 'abc');
  assert.equal(seen.length, 1);
});

test('a signal ends the wait for another attempt', async () => {
  const { shop } = fakeShop(() => problem(429, 'rate_limited', { 'Retry-After': '20' }));
  const started = Date.now();
  await assert.rejects(getProduct(shop, { id: 1 }, { signal: AbortSignal.timeout(20) }), { name: 'TimeoutError' });
  assert.ok(Date.now() - started < 5_000);
});

test('a page of a proxy is a problem too', async () => {
  const { shop } = fakeShop(() => new Response('<h1>Bad Gateway</h1>', { status: 502 }), { retries: 0 });
  await assert.rejects(getProduct(shop, { id: 1 }), (error) => error instanceof Problem && error.code === 'http_502' && error.status === 502);
});

test('a guest keeps the token of the cart until a login', async () => {
  const { shop, seen } = fakeShop(() => json(200, { cart_token: 'guest', lines: [] }));
  await addCartItem(shop, { body: { product_id: 1, quantity: 1 } });
  await getCart(shop);
  shop.tokens = tokens;
  await getCart(shop);
  assert.deepEqual(seen.map(({ headers }) => headers.get('X-Cart-Token')), [null, 'guest', null]);
});

test('arguments go where the contract has them', async () => {
  const { shop, seen } = fakeShop(() => json(200, { items: [] }));
  await listProducts(shop, { q: 'a&b', in_stock: true, attribute: ['colour:red', 'size:M'], limit: undefined });
  assert.equal(seen[0]?.path, '/api/v1/products?q=a%26b&in_stock=true&attribute=colour%3Ared&attribute=size%3AM');
  // @ts-expect-error: an unknown parameter does not compile
  await listProducts(shop, { colour: 'red' });
  await assert.rejects(getProduct(shop, { id: undefined as unknown as number }), TypeError);
});

test('lists are walked by cursor or by offset', async () => {
  const { shop, seen } = fakeShop((_, count) => json(200, { items: [{ id: count }], limit: 1, offset: 0, next_cursor: count < 3 ? `c${count}` : null }));
  const ids: number[] = [];
  for await (const product of each(shop, listProducts, { limit: 1, sort: 'price_asc' })) ids.push(product.id);
  assert.deepEqual(ids, [1, 2, 3]);
  assert.equal(seen[2]?.path, '/api/v1/products?limit=1&sort=price_asc&cursor=c2');

  const brands = fakeShop((_, count) => json(200, { items: [{ id: count }], limit: 1, offset: count - 1, total: 2 }));
  for await (const brand of each(brands.shop, listBrands)) ids.push(brand.id);
  assert.deepEqual(ids, [1, 2, 3, 1, 2]);
  assert.deepEqual(brands.seen.map(({ path }) => path), ['/api/v1/brands', '/api/v1/brands?limit=100&offset=1']);
});

test('a list is fetched no further than it is read', async () => {
  const { shop, seen } = fakeShop((_, count) => json(200, { items: [{ id: count }], limit: 1, offset: 0, next_cursor: 'more' }));
  for await (const product of each(shop, listProducts)) if (product.id === 2) break;
  assert.equal(seen.length, 2);
});

/** A stream cut where it hurts. */
function stream(...pieces: string[]): Response {
  const bytes = new TextEncoder();
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const piece of pieces) controller.enqueue(bytes.encode(piece));
      controller.close();
    },
  });
  return new Response(body, { headers: { 'Content-Type': 'text/event-stream' } });
}

test('an answer is read however the network cuts it', async () => {
  const { shop, seen } = fakeShop(() => stream('event: sources\r\nda', 'ta: []\r', '\n\r\n: a comment\n\nevent:delta\ndata:{"text":\ndata: "Tea."}\n', '\nevent: done\ndata: {"answer":"Tea."}\n\n'));
  const events = [];
  for await (const event of ask(shop, 'tea')) events.push(event);
  assert.deepEqual(events, [{ type: 'sources', sources: [] }, { type: 'delta', text: 'Tea.' }, { type: 'done', answer: { answer: 'Tea.' } }]);
  assert.equal(seen[0]?.headers.get('Accept'), 'text/event-stream');
});

test('an answer that breaks off is no answer', async () => {
  const { shop } = fakeShop(() => stream('event: delta\ndata: {"text":"Tea"}\n\n', 'event: done\ndata: {'));
  await assert.rejects(async () => {
    for await (const event of ask(shop, 'tea')) assert.equal(event.type, 'delta');
  }, /broke off/);
});

test('an error in an answer is thrown', async () => {
  const { shop } = fakeShop(() => stream('event: error\ndata: {"status":503,"code":"assistant_unavailable","detail":"Later."}\n\n'));
  await assert.rejects(ask(shop, 'tea').next(), (error) => error instanceof Problem && error.code === 'assistant_unavailable');
});
