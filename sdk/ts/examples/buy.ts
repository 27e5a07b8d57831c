// Buys something and asks the assistant. Run it against a shop: SHOP=http://localhost:8000 node buy.js
import { Shop, addCartItem, ask, createOrder, login, payOrder, register, searchProducts } from '@shopd/client';

const shop = new Shop(process.env.SHOP ?? 'http://localhost:8000');
const email = `ada-${Date.now()}@example.com`;
const password = 'correct horse 9';

await register(shop, { body: { email, password, first_name: 'Ada', last_name: 'Lovelace' } });
await login(shop, { body: { email, password } });

const { items } = await searchProducts(shop, { q: 'steel bottle', in_stock: true });
const product = items[0]?.product;
if (!product) throw new Error('The shop has no bottle.');
const item = { product_id: product.id, variant_id: product.default_variant_id, quantity: 1 };
const cart = await addCartItem(shop, { body: item });
const order = await createOrder(shop, { body: { expected_total: cart.subtotal } });
const payment = await payOrder(shop, { id: order.id, body: { payment_type: 'card', token: 'tok_visa' } });
console.log(`${product.name} for ${payment.amount} ${payment.currency}: ${payment.status}`);

for await (const event of ask(shop, `What goes well with a ${product.name}?`)) {
  if (event.type === 'delta') process.stdout.write(event.text);
}
console.log();
