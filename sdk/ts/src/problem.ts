import type { components } from './generated/schema.js';

/** What the server says about an error (RFC 9457). */
export type ProblemBody = components['schemas']['Problem'];

/** A field of the request that is not valid. */
export type FieldError = NonNullable<ProblemBody['errors']>[number];

/** An answer other than success. Programs go by `code`, people read `detail` (or `message`, which begins with it). */
export class Problem extends Error {
  override readonly name = 'Problem';
  /** The HTTP status. */
  readonly status: number;
  /** A stable word for programs, such as `insufficient_stock`. */
  readonly code: string;
  /** What happened and what to do, for people. */
  readonly detail: string;
  /** The fields that are not valid, by JSON pointer; often empty. */
  readonly errors: readonly FieldError[];
  /** What helps. */
  readonly resolution: ProblemBody['resolution'];
  /** Finds the request in the shop's log. Empty if the response is of a proxy before the shop. */
  readonly request_id: string;
  /** After how many seconds to try again, if the server said it. */
  readonly retryAfter: number | undefined;
  /** The whole body of the response. */
  readonly body: ProblemBody;

  constructor(body: ProblemBody, retryAfter?: number) {
    super(body.request_id ? `${body.detail} (${body.code}, request ${body.request_id})` : `${body.detail} (${body.code})`);
    this.status = body.status;
    this.code = body.code;
    this.detail = body.detail;
    this.errors = body.errors ?? [];
    this.resolution = body.resolution;
    this.request_id = body.request_id;
    this.retryAfter = retryAfter;
    this.body = body;
  }

  /** Reads a response. What is no problem, such as a proxy's page, becomes one with the code `http_502` or the like. */
  static async from(response: Response): Promise<Problem> {
    const text = await response.text().catch(() => '');
    try {
      const body: unknown = JSON.parse(text);
      if (isProblem(body)) return new Problem(body, retryAfter(response));
    } catch {
      // Not JSON: the response of a proxy before the shop.
    }
    const title = response.statusText || `HTTP ${response.status}`;
    return new Problem(
      {
        type: 'about:blank',
        title,
        status: response.status,
        code: `http_${response.status}`,
        detail: `The server answered ${title} without saying why.`,
        request_id: response.headers.get('X-Request-Id') ?? '',
      },
      retryAfter(response),
    );
  }
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === 'object' && body !== null && 'code' in body && typeof body.code === 'string' && 'status' in body;
}

/** The seconds of `Retry-After`, which may also be a date. */
export function retryAfter(response: Response): number | undefined {
  const header = response.headers.get('Retry-After');
  if (!header) return undefined;
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}
