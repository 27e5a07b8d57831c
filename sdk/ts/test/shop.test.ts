// A whole purchase and a talk with the assistant, against a real shop: SHOP says where it is.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import {
  Problem, Shop, addCartItem, ask, askAssistant, cancelOrder, createOrder, each, getCart, getCurrentUser, getOrder, getProduct, getProductBySlug, listOrders, listPayments, listProducts, login,
  logout, payOrder, register, searchProducts, type AssistantEvent, type Tokens,
} from '@shopd/client';

const url = process.env.SHOP ?? '';
const options = { skip: url === '' && 'SHOP does not say where the shop is' };
const password = 'correct horse 9';

async function customer(fetch = globalThis.fetch): Promise<Shop> {
  const shop = new Shop(url, { fetch });
  const email = `ts-${crypto.randomUUID()}@example.com`;
  await register(shop, { body: { email, password, first_name: 'Ada', last_name: 'Lovelace' } });
  await login(shop, { body: { email, password } });
  return shop;
}

/** Requires a call to fail with a code. */
async function refused(call: Promise<unknown>, status: number, code: string): Promise<Problem> {
  const problem = await call.then(() => assert.fail(`succeeded instead of ${code}`), (error: unknown) => error);
  assert.ok(problem instanceof Problem, String(problem));
  assert.deepEqual([problem.status, problem.code], [status, code], problem.message);
  return problem;
}

test('a purchase from the first look to the refund', options, async () => {
  const shop = await customer();
  assert.equal((await getCurrentUser(shop)).first_name, 'Ada');

  const names = [];
  for await (const product of each(shop, listProducts, { limit: 1, sort: 'price_asc', in_stock: true })) names.push(product.name);
  assert.ok(names.length >= 3);
  const { items } = await searchProducts(shop, { q: 'steel bottle', limit: 1 });
  const found = items[0]?.product;
  assert.ok(found);
  const response = await shop.send(getProduct, { id: found.id });
  assert.match(response.headers.get('ETag') ?? '', /^"/);

  assert.equal((await getProductBySlug(shop, { slug: 'mug' })).slug, 'travel-mug', 'an old slug is followed');

  const cart = await addCartItem(shop, { body: { product_id: found.id, quantity: 2 } });
  assert.equal(cart.total_quantity, 2);
  const short = await refused(createOrder(shop, { body: { items: [{ product_id: found.id, quantity: 10_000 }] } }), 409, 'insufficient_stock');
  assert.equal(short.errors[0]?.pointer, '/items/0');
  await refused(createOrder(shop, { body: { expected_total: '0.01' } }), 409, 'price_changed');

  const order = await createOrder(shop, { 'Idempotency-Key': 'one', body: { expected_total: cart.subtotal } });
  assert.equal(order.status, 'PENDING');
  assert.deepEqual((await createOrder(shop, { 'Idempotency-Key': 'one', body: { expected_total: cart.subtotal } })).id, order.id);
  assert.deepEqual((await getCart(shop)).lines, []);

  await refused(payOrder(shop, { id: order.id, body: { payment_type: 'card', token: 'tok_declined' } }), 402, 'payment_declined');
  const payment = await payOrder(shop, { id: order.id, body: { payment_type: 'card', token: 'tok_visa' } });
  assert.deepEqual([payment.status, payment.amount], ['paid', order.total]);
  assert.deepEqual((await listOrders(shop, { status: 'PAID' })).items.map(({ id }) => id), [order.id]);

  await cancelOrder(shop, { id: order.id });
  const cancelled = await getOrder(shop, { id: order.id });
  assert.equal(cancelled.status, 'CANCELLED');
  const { items: payments } = await listPayments(shop, { order_id: order.id });
  assert.deepEqual(payments.map(({ status }) => status).sort(), ['failed', 'refunded']);

  const { tokens } = shop;
  await logout(shop);
  assert.equal(shop.tokens, null);
  shop.tokens = { access_token: tokens?.access_token ?? '', refresh_token: tokens?.refresh_token ?? '' };
  assert.equal((await getCurrentUser(shop).catch((error: unknown) => error) as Problem).status, 401);
  assert.equal(shop.tokens, null, 'a session that has ended is forgotten');
});

test('a guest\'s cart is kept', options, async () => {
  const shop = new Shop(url);
  const [product] = (await listProducts(shop, { in_stock: true, limit: 1 })).items;
  await addCartItem(shop, { body: { product_id: product?.id ?? 0, quantity: 1 } });
  assert.equal((await getCart(shop)).total_quantity, 1);
});

test('twenty calls with a spent token make one refresh', options, async () => {
  let refreshes = 0;
  const shop = await customer((address, init) => {
    if (String(address).endsWith('/auth/refresh')) refreshes++;
    return fetch(address, init);
  });
  const before = shop.tokens as Tokens;
  shop.tokens = { ...before, access_token: 'spent' };
  await Promise.all(Array.from({ length: 20 }, () => getCurrentUser(shop)));
  assert.equal(refreshes, 1);
  assert.notEqual(shop.tokens?.refresh_token, before.refresh_token);
});

test('the assistant answers piece by piece and remembers the conversation', options, async () => {
  const shop = new Shop(url);
  const events: AssistantEvent[] = [];
  for await (const event of ask(shop, 'Do you have a steel bottle?')) events.push(event);
  const [first, last] = [events[0], events.at(-1)];
  assert.ok(first?.type === 'sources' && last?.type === 'done');
  assert.ok(first.sources.some(({ name }) => name.includes('Bottle')));
  assert.equal(events.map((event) => (event.type === 'delta' ? event.text : '')).join(''), last.answer.answer);
  const next = await askAssistant(shop, { body: { query: 'How much is it?', history: last.answer.history } });
  assert.equal(next.history.length, 4);
});
