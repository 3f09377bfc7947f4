/** Waits for both even if one fails, so that nothing goes on behind a failure. */
export async function both<A, B>(one: A | Promise<A>, other: B | Promise<B>): Promise<[A, B]> {
  const promises = [one, other] as const;
  await Promise.allSettled(promises);
  return Promise.all(promises);
}
