import type { components } from './generated/schema.js';
import { askAssistant } from './generated/operations.js';
import { Problem, type ProblemBody } from './problem.js';
import type { CallOptions, Shop } from './shop.js';

type Schemas = components['schemas'];

/** A part of the assistant's answer. */
export type AssistantEvent =
  /** The products the answer is about, before its first word. */
  | { type: 'sources'; sources: Schemas['AssistantSource'][] }
  /** The next piece of the answer, checked against the catalogue. */
  | { type: 'delta'; text: string }
  /** The whole answer, with the history to send with the next question. */
  | { type: 'done'; answer: Schemas['AssistantAnswer'] };

/**
 * Asks the assistant and yields its answer piece by piece:
 *
 *     for await (const event of ask(shop, 'something for a rainy day')) {
 *       if (event.type === 'delta') process.stdout.write(event.text);
 *     }
 *
 * Leaving the loop ends the call. An answer that breaks off throws.
 */
export async function* ask(shop: Shop, question: string | Schemas['AssistantQuestion'], options: CallOptions = {}): AsyncGenerator<AssistantEvent, void, undefined> {
  const body = typeof question === 'string' ? { query: question } : question;
  const response = await shop.send(askAssistant, { body }, {
    timeout: 150_000,
    ...options,
    headers: { ...options.headers, Accept: 'text/event-stream' },
  });
  for await (const { event, data } of messages(response)) {
    switch (event) {
      case 'sources':
        yield { type: 'sources', sources: JSON.parse(data) as Schemas['AssistantSource'][] };
        break;
      case 'delta':
        yield { type: 'delta', text: (JSON.parse(data) as { text: string }).text };
        break;
      case 'done':
        yield { type: 'done', answer: JSON.parse(data) as Schemas['AssistantAnswer'] };
        return;
      case 'error':
        throw new Problem(JSON.parse(data) as ProblemBody);
    }
  }
  throw new Error('The answer of the assistant broke off.');
}

/** Reads server-sent events. */
async function* messages(response: Response): AsyncGenerator<{ event: string; data: string }> {
  let event = '';
  let data: string[] = [];
  for await (const line of lines(response)) {
    if (line === '') {
      if (data.length > 0) yield { event: event || 'message', data: data.join('\n') };
      event = '';
      data = [];
      continue;
    }
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'event') event = value;
    if (field === 'data') data.push(value);
  }
}

/** Reads lines, however they end and wherever the network cuts them. */
async function* lines(response: Response): AsyncGenerator<string> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = '';
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const parts = (rest + value).split(/\r\n|\n|\r(?!$)/);
      rest = parts.pop() ?? '';
      yield* parts;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}
