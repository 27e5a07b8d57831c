export { ask, type AssistantEvent } from './assistant.js';
export * from './generated/operations.js';
export type * from './generated/schema.js';
export type { Arguments, Operation, Result } from './operation.js';
export { each, pages, type Item } from './pages.js';
export { Problem, type FieldError, type ProblemBody } from './problem.js';
export { Shop, type CallOptions, type ShopOptions, type Tokens } from './shop.js';
