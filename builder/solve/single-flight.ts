/** One run per key at a time: whoever asks while it runs waits for it. */
export class SingleFlight<T> {
  readonly #running = new Map<string, Promise<T>>();

  /**
   * Runs `work` unless somebody else's runs under this key; then its result is taken. Another's failure is not ours
   * (it may have been cancelled, or be told with another step's place), so the work is done again.
   */
  async run(key: string, work: () => Promise<T>): Promise<T> {
    for (let other = this.#running.get(key); other !== undefined; other = this.#running.get(key)) {
      const result = await other.then(
        (value) => ({ value }),
        () => undefined,
      );
      if (result !== undefined) return result.value;
    }
    const mine = work().finally(() => this.#running.delete(key));
    this.#running.set(key, mine);
    return mine;
  }
}
