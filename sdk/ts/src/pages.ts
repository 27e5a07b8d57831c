import type { Arguments, Operation, Result } from './operation.js';
import type { CallOptions, Shop } from './shop.js';

interface Page {
  items: unknown[];
  total?: number;
  limit?: number;
  offset?: number;
  next_cursor?: string | null;
}

type PageOf<O> = Extract<Result<O>, { items: unknown[] }>;

/** An item of a list operation. */
export type Item<O> = PageOf<O> extends { items: (infer T)[] } ? T : never;

/**
 * All items of a list, fetched page by page as they are needed:
 *
 *     for await (const product of each(shop, listProducts, { in_stock: true })) { … }
 */
export async function* each<O>(shop: Shop, list: Operation<O>, args?: Arguments<O>, options?: CallOptions): AsyncGenerator<Item<O>, void, undefined> {
  for await (const page of pages(shop, list, args, options)) yield* (page as { items: Item<O>[] }).items;
}

/** The pages of a list. They hold `limit` items if it is given; else 20 on the first and 100 on the others. */
export async function* pages<O>(shop: Shop, list: Operation<O>, args?: Arguments<O>, options?: CallOptions): AsyncGenerator<PageOf<O>, void, undefined> {
  const call = list as unknown as (shop: Shop, args: object, options?: CallOptions) => Promise<Page>;
  let next: object | undefined = { ...args };
  while (next) {
    const page: Page = await call(shop, next, options);
    yield page as PageOf<O>;
    const position = after(page);
    next = position && { limit: 100, ...args, ...position };
  }
}

/** What asks for the page after this one; nothing after the last. */
function after(page: Page): object | undefined {
  if (page.next_cursor) return { cursor: page.next_cursor, offset: undefined };
  if (page.next_cursor === null || page.offset === undefined || page.items.length === 0) return undefined;
  const offset = page.offset + page.items.length;
  return offset < (page.total ?? 0) ? { offset } : undefined;
}
