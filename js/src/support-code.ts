/** No decision, no code of the engine: something a person can quote and a log can be searched for. */
export function randomCode(): string {
  return crypto.randomUUID().slice(0, 13).toUpperCase();
}
