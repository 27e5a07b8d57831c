import { Shop, type ShopOptions } from '@shopd/client';

/** A request as a stand-in for the server saw it. */
export interface Seen {
  method: string;
  path: string;
  headers: Headers;
  body: string;
  credentials?: RequestCredentials;
}

/** A shop whose server is a function. */
export function fakeShop(answer: (seen: Seen, count: number) => Response | Promise<Response>, options: ShopOptions = {}): { shop: Shop; seen: Seen[] } {
  const seen: Seen[] = [];
  const shop = new Shop('http://shop.test/', {
    ...options,
    fetch: async (url, init) => {
      const address = new URL(String(url));
      const one = { method: init?.method ?? 'GET', path: address.pathname + address.search, headers: new Headers(init?.headers), body: String(init?.body ?? ''), credentials: init?.credentials };
      seen.push(one);
      init?.signal?.throwIfAborted();
      return answer(one, seen.length);
    },
  });
  return { shop, seen };
}

export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': status < 400 ? 'application/json' : 'application/problem+json', ...headers } });
}

export function problem(status: number, code: string, headers: Record<string, string> = {}): Response {
  return json(status, { type: `https://shopd.dev/problems/${code}`, title: code, status, code, detail: 'It went wrong.', request_id: 'abc' }, headers);
}
