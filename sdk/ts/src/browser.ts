// What only browsers have, and its replacement elsewhere.

/** The cookie of the page that proves to the shop that the page may act for its customer. */
export function csrfCookie(): string | undefined {
  if (typeof document === 'undefined') return undefined;
  return /(?:^|;\s*)csrf_token=([^;]+)/.exec(document.cookie)?.[1];
}

/**
 * Does work while no other page of this browser does work of that name. Pages share their cookies: two that exchanged
 * the same refresh token one after the other would end the session.
 */
export function inTurn<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = (globalThis.navigator as Navigator | undefined)?.locks as LockManager | undefined; // of secure pages alone
  return locks ? (locks.request(name, work) as Promise<T>) : work();
}
