import type { CallOptions, Shop } from './shop.js';

type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'TRACE';

/** An operation of the contract: call it with the shop and its arguments. */
export interface Operation<O> extends Endpoint {
  (shop: Shop, ...rest: {} extends Arguments<O> ? [args?: Arguments<O>, options?: CallOptions] : [args: Arguments<O>, options?: CallOptions]): Promise<Result<O>>;
}

/** The address of an operation. */
export interface Endpoint {
  /** Its name in the contract. */
  readonly id: string;
  readonly method: Method;
  readonly path: string;
  /** Which of its arguments are headers. */
  readonly headers: readonly string[];
}

/** The parameters of an operation by their names in the contract, and its `body`. */
export type Arguments<O> = Simplify<Parameters<O, 'path'> & Parameters<O, 'query'> & Parameters<O, 'header'> & Body<O>>;

/** The body of an operation's response; `undefined` without one. */
export type Result<O> = O extends { responses: infer R } ? { [S in keyof R & Success]: Content<R[S]> }[keyof R & Success] : never;

type Success = 200 | 201 | 202 | 203 | 204 | 206;

type Simplify<T> = { [K in keyof T]: T[K] };

type Parameters<O, Where extends string> = O extends { parameters: infer P } ? (Where extends keyof P ? OrNothing<NonNullable<P[Where]>> : {}) : {};

type OrNothing<T> = [T] extends [never] ? {} : T;

type Body<O> = O extends { requestBody: { content: infer C } }
  ? { body: Sent<C> }
  : O extends { requestBody?: infer B }
    ? [NonNullable<B>] extends [never]
      ? {}
      : NonNullable<B> extends { content: infer C }
        ? { body?: Sent<C> }
        : {}
    : {};

type Sent<C> = {
  [Media in keyof C]: Media extends `${string}json` ? C[Media] : Media extends 'multipart/form-data' ? FormData : Media extends 'application/x-www-form-urlencoded' ? URLSearchParams : Blob;
}[keyof C];

type Content<R> = R extends { content: infer C }
  ? 'application/json' extends keyof C
    ? C['application/json']
    : keyof C extends `text/${string}` | `application/${string}yaml`
      ? string
      : Blob
  : undefined;

/** Makes an operation; the generated ones are made with it. */
export function operation<O>(id: string, method: Method, path: string, headers: readonly string[] = []): Operation<O> {
  const call = async (shop: Shop, args?: Arguments<O>, options?: CallOptions): Promise<Result<O>> => {
    const result = (await decode(await shop.send<O>(self, args, options))) as Result<O>;
    shop.settle(self, result);
    return result;
  };
  const self = Object.assign(call, { id, method, path, headers }) as Operation<O>;
  return self;
}

/** The body as what it says it is. */
async function decode(response: Response): Promise<unknown> {
  const type = response.headers.get('Content-Type') ?? '';
  if (type.includes('json')) return response.json();
  if (type.startsWith('text/') || type.includes('yaml')) return response.text();
  const content = await response.blob();
  return content.size === 0 ? undefined : content;
}
