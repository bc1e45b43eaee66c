// Waits for what another side does.

/** @throws Error when it has not come true after ten seconds */
export async function until(isTrue: () => boolean): Promise<void> {
  const end = performance.now() + 10_000;
  while (!isTrue()) {
    if (performance.now() > end) {
      throw new Error(`not within ten seconds: ${isTrue}`);
    }
    await Bun.sleep(2);
  }
}
