import { csrfCookie, inTurn } from './browser.js';
import type { components } from './generated/schema.js';
import type { Arguments, Endpoint, Operation } from './operation.js';
import { Problem, retryAfter } from './problem.js';

/** The response of a login, or at least its two tokens. */
export type Tokens = Pick<components['schemas']['TokenPair'], 'access_token' | 'refresh_token'>;

export interface ShopOptions {
  /** Tokens of an earlier session. */
  tokens?: Tokens | null;
  /** Called with new tokens, to store them, and with null when the session has ended; with cookies only when it has ended. */
  onTokens?: (tokens: Tokens | null) => void;
  /** Store the session in cookies that scripts cannot read, instead of tokens. For pages on the host of the shop. */
  cookies?: boolean;
  /** Instead of reading the cookie `csrf_token` of the page. */
  csrfToken?: () => string | undefined;
  /** The token of a guest's cart. It is learned from the first item that a guest puts into one. */
  cartToken?: string | null;
  /** How often to repeat a call that may be repeated; 3 by default. */
  retries?: number;
  /** The longest wait between two attempts, in milliseconds; 30,000 by default. */
  maxWait?: number;
  /** Sent with every call. */
  headers?: Record<string, string>;
  /** Instead of the platform's fetch. */
  fetch?: typeof fetch;
}

export interface CallOptions {
  /** Ends the call, also while it waits to try again. */
  signal?: AbortSignal;
  /** How long an attempt may take, in milliseconds; 60,000 by default. */
  timeout?: number;
  headers?: Record<string, string>;
}

/** A request that can be sent again. */
interface Prepared {
  url: string;
  init: RequestInit;
  repeatable: boolean;
  signal: AbortSignal | undefined;
  timeout: number;
}

const KEY = 'Idempotency-Key';
const CART = 'X-Cart-Token';
const CSRF = 'X-CSRF-Token';

/**
 * The client of a shop, with the session of an account.
 *
 * A login stores its tokens here, or in the cookies of the browser with the option cookies. When the access token has
 * expired, the first call that notices exchanges the refresh token, and all others wait for it. Calls that change nothing,
 * and those with an Idempotency-Key (made for every operation that takes one), are repeated when the network or the server
 * fails for a moment.
 */
export class Shop {
  /** The address of the server, without a slash at its end. */
  readonly url: string;
  /** The token of a guest's cart. */
  cartToken: string | null;

  #tokens: Tokens | null;
  #cookies = {}; // stands for what is in the cookies: another object after each exchange
  #refreshing: Promise<boolean> | undefined;
  readonly #csrfToken: (() => string | undefined) | null; // null: the session is in #tokens
  readonly #onTokens: (tokens: Tokens | null) => void;
  readonly #retries: number;
  readonly #maxWait: number;
  readonly #headers: Record<string, string>;
  readonly #fetch: typeof fetch;

  constructor(url: string | URL, options: ShopOptions = {}) {
    if (options.cookies && options.tokens) throw new TypeError(EITHER);
    this.url = String(url).replace(/\/+$/, '');
    this.#csrfToken = options.cookies ? (options.csrfToken ?? csrfCookie) : null;
    this.cartToken = options.cartToken ?? null;
    this.#tokens = options.tokens ?? null;
    this.#onTokens = options.onTokens ?? (() => {});
    this.#retries = options.retries ?? 3;
    this.#maxWait = options.maxWait ?? 30_000;
    this.#headers = options.headers ?? {};
    this.#fetch = options.fetch ?? ((input, init) => fetch(input, init));
  }

  /** Whether an account is logged in, as far as can be known without a call of the server. */
  get signedIn(): boolean {
    return this.#session !== null;
  }

  /** The tokens of the account that is logged in; null while they are in cookies. */
  get tokens(): Tokens | null {
    return this.#tokens;
  }

  set tokens(tokens: Tokens | null) {
    if (tokens && this.#csrfToken) throw new TypeError(EITHER);
    this.#tokens = tokens;
    this.#onTokens(tokens);
  }

  /** Calls an operation and returns the response as it is, for its headers or to stream its body. Anything but success throws a Problem. */
  async send<O>(operation: Operation<O>, args?: Arguments<O>, options: CallOptions = {}): Promise<Response> {
    const request = this.#prepare(operation, { ...args }, options);
    const session = opensSession(operation) ? null : this.#session;
    let response = await this.#repeat(request, session && this.#tokens);
    if (response.status === 401 && session && (await this.#renew(session, options))) {
      await response.body?.cancel();
      response = await this.#repeat(request, this.#tokens);
    }
    if (response.ok) return response;
    throw await Problem.from(response);
  }

  /** Stores what a response changes in the session. Operations call it. */
  settle(operation: Endpoint, result: unknown): void {
    switch (operation.id) {
      case 'login':
      case 'refreshToken':
        if (this.#csrfToken) this.#cookies = {};
        else this.tokens = result as Tokens;
        break;
      case 'logout':
      case 'logoutAll':
      case 'deleteAccount':
        this.tokens = null;
        break;
      case 'mergeCart':
        this.cartToken = null;
        break;
      case 'addCartItem': {
        const { cart_token: token } = result as { cart_token?: string };
        if (token) this.cartToken = token;
        break;
      }
    }
  }

  /** The session: another object whenever there are other tokens or cookies. */
  get #session(): object | null {
    if (!this.#csrfToken) return this.#tokens;
    return this.#csrfToken() ? this.#cookies : null;
  }

  #prepare(operation: Endpoint, args: Record<string, unknown>, options: CallOptions): Prepared {
    const headers = new Headers({ Accept: 'application/json, */*;q=0.5', ...this.#headers });
    const query = new URLSearchParams();
    const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => encode(operation, name, args[name]));
    for (const [name, value] of Object.entries(args)) {
      if (name === 'body' || value === undefined || value === null || operation.path.includes(`{${name}}`)) continue;
      if (operation.headers.includes(name)) headers.set(name, String(value));
      else for (const one of Array.isArray(value) ? value : [value]) query.append(name, String(one));
    }
    if (this.#csrfToken && operation.id === 'login') query.set('use_cookies', 'true');
    if (operation.headers.includes(KEY) && !headers.has(KEY)) headers.set(KEY, randomKey());
    if (operation.headers.includes(CART) && !headers.has(CART) && this.cartToken && !this.#session) headers.set(CART, this.cartToken);
    let { body } = args as { body?: unknown };
    if (body !== undefined && !(body instanceof FormData || body instanceof URLSearchParams || body instanceof Blob)) {
      headers.set('Content-Type', 'application/json');
      body = JSON.stringify(body);
    }
    for (const [name, value] of Object.entries(options.headers ?? {})) headers.set(name, value);
    return {
      url: this.url + path + (query.size > 0 ? `?${query}` : ''),
      init: { method: operation.method, headers, body: body as BodyInit | undefined },
      repeatable: operation.method === 'GET' || operation.method === 'HEAD' || headers.has(KEY),
      signal: options.signal,
      timeout: options.timeout ?? 60_000,
    };
  }

  /** Sends a request until its response is final. */
  async #repeat(request: Prepared, tokens: Tokens | null): Promise<Response> {
    const init = this.#identify(request.init, tokens);
    for (let attempt = 0; ; attempt++) {
      const last = !request.repeatable || attempt >= this.#retries;
      let wait = backoff(attempt);
      try {
        const timeout = AbortSignal.timeout(request.timeout);
        const signal = request.signal ? AbortSignal.any([request.signal, timeout]) : timeout;
        const response = await this.#fetch(request.url, { ...init, signal });
        if (last || !(await isPassing(response))) return response;
        wait = Math.max(wait, (retryAfter(response) ?? 0) * 1000);
        if (wait > this.#maxWait) return response;
        await response.body?.cancel();
      } catch (cause) {
        if (last || request.signal?.aborted) throw cause;
      }
      await sleep(Math.min(wait, this.#maxWait), request.signal);
    }
  }

  /** Adds the token or the cookies, never both. Cookies of another page of the same host would win. */
  #identify(init: RequestInit, tokens: Tokens | null): RequestInit {
    const headers = new Headers(init.headers);
    if (tokens && !headers.has('Authorization')) headers.set('Authorization', `Bearer ${tokens.access_token}`);
    if (!this.#csrfToken) return { ...init, headers, credentials: 'omit' };
    if (headers.has('Authorization')) return { ...init, headers, credentials: 'omit' };
    const csrf = init.method === 'GET' || init.method === 'HEAD' ? undefined : this.#csrfToken();
    if (csrf) headers.set(CSRF, csrf);
    return { ...init, headers, credentials: 'include' };
  }

  /** Exchanges spent tokens, once for all calls that found them spent. Returns whether there are others now. */
  async #renew(spent: object, options: CallOptions): Promise<boolean> {
    if (this.#session !== spent) return this.#session !== null; // another call was faster
    this.#refreshing ??= (this.#csrfToken ? this.#refreshCookies() : this.#refresh(spent as Tokens)).finally(() => (this.#refreshing = undefined));
    return interruptible(this.#refreshing, options.signal);
  }

  async #refresh(spent: Tokens): Promise<boolean> {
    const request = this.#prepare(refresh, { body: { refresh_token: spent.refresh_token } }, {});
    const response = await this.#repeat(request, null);
    if (!response.ok && response.status !== 401) throw await Problem.from(response);
    const fresh = response.ok ? ((await response.json()) as Tokens) : null;
    if (this.#tokens === spent) this.tokens = fresh; // else: logged out or in meanwhile, which counts
    return this.#tokens !== null;
  }

  async #refreshCookies(): Promise<boolean> {
    const request = this.#prepare(refresh, {}, {});
    const response = await inTurn(`refresh ${this.url}`, () => this.#repeat(request, null));
    if (response.ok) {
      await response.body?.cancel(); // the tokens are in the cookies
    } else if (response.status === 409) {
      await sleep(backoff(2)); // another page was faster, and its cookies are about to arrive
    } else if (![401, 403, 422].includes(response.status)) {
      throw await Problem.from(response);
    } else {
      this.#onTokens(null);
      return false;
    }
    this.#cookies = {};
    return true;
  }
}

const EITHER = 'A shop keeps its session in cookies or in tokens, not in both.';

const refresh: Endpoint = { id: 'refreshToken', method: 'POST', path: '/api/v1/auth/refresh', headers: [] };

/** Whether an operation begins a session, and is called without one. */
function opensSession(operation: Endpoint): boolean {
  return operation.id === 'login' || operation.id === 'refreshToken' || operation.id === 'register';
}

function encode(operation: Endpoint, name: string, value: unknown): string {
  if (value === undefined || value === null || value === '') throw new TypeError(`${operation.id}: ${name} is missing`);
  return encodeURIComponent(String(value));
}

/** Whether the same call may succeed a little later. */
async function isPassing(response: Response): Promise<boolean> {
  if (response.status !== 409) return [429, 502, 503, 504].includes(response.status);
  const { code } = (await response.clone().json().catch(() => ({}))) as { code?: string };
  return code === 'idempotency_in_flight';
}

/** Milliseconds before another attempt: 0.2 s, doubled each time up to 5 s, up to half of it random. */
function backoff(attempt: number): number {
  return Math.min(200 * 2 ** attempt, 5_000) * (0.5 + Math.random() / 2);
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  let timer: ReturnType<typeof setTimeout>;
  return interruptible(new Promise<void>((resolve) => (timer = setTimeout(resolve, ms))), signal).finally(() => clearTimeout(timer));
}

/** Waits for work unless the signal comes first. */
function interruptible<T>(work: Promise<T>, signal?: AbortSignal): Promise<T> {
  if (!signal) return work;
  return new Promise<T>((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) return stop();
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

/** 128 random bits. crypto.randomUUID is missing on pages without TLS, and crypto as a whole in Node.js 18. */
function randomKey(): string {
  const bytes = new Uint8Array(16);
  if (globalThis.crypto) crypto.getRandomValues(bytes);
  else bytes.forEach((_, i) => (bytes[i] = Math.random() * 256)); // a key must be unique, not secret
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
