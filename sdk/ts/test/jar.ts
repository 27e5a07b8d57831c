/** The cookies of a browser, and a fetch that stores and sends them as a page would. */
export class Jar {
  readonly #cookies = new Map<string, { value: string; path: string; hidden: boolean }>();

  /** What the server was sent, in order. */
  readonly seen: { method: string; path: string; headers: Headers }[] = [];

  /** What a page reads of them. */
  readonly csrfToken = (): string | undefined => {
    const cookie = this.#cookies.get('csrf_token');
    return cookie?.hidden ? undefined : cookie?.value;
  };

  readonly fetch = async (input: string | URL | Request, init: RequestInit = {}): Promise<Response> => {
    const { pathname } = new URL(String(input));
    const headers = new Headers(init.headers);
    const cookies = [...this.#cookies].filter(([, { path }]) => pathname.startsWith(path)).map(([name, { value }]) => `${name}=${value}`);
    if (init.credentials === 'include' && cookies.length > 0) headers.set('Cookie', cookies.join('; '));
    this.seen.push({ method: init.method ?? 'GET', path: pathname, headers });
    const response = await fetch(input, { ...init, headers });
    if (init.credentials === 'include') response.headers.getSetCookie().forEach((line) => this.#keep(line));
    return response;
  };

  get names(): string[] {
    return [...this.#cookies.keys()].sort();
  }

  /** Makes a cookie hold something else. */
  spoil(name: string): void {
    this.#cookies.set(name, { ...(this.#cookies.get(name) ?? { path: '/', hidden: true }), value: 'spent' });
  }

  #keep(line: string): void {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
    if (/max-age=(0|-)/i.test(line)) this.#cookies.delete(name);
    else this.#cookies.set(name, { value, path: /path=([^;]+)/i.exec(line)?.[1] ?? '/', hidden: /httponly/i.test(line) });
  }
}
