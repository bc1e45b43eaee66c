// The addon's Unix sockets, for whoever writes to one or reads from one. They have nothing to do with
// a capture; they are here because this folder alone loads the addon.

import { loadBinding, type NativeListener, type NativeSender } from "./binding.ts";
import { operatorErrors } from "./native-errors.ts";

/**
 * Connects to the reader at a socket, and as often again as it goes away. A reader that is not there
 * yet is waited for.
 * @param place a path of any length, or "@" and the name of an abstract socket
 * @throws OperatorError OUTPUT_OPEN_FAILED where waiting would not help
 */
export function openSender(place: string): NativeSender {
  const binding = loadBinding();
  return operatorErrors(() => new binding.RecordSender(place));
}

/**
 * Listens for writers.
 * @param onReady called after each `take` that gave nothing, when the next one gives something
 * @throws OperatorError INPUT_OPEN_FAILED
 */
export function openListener(place: string, onReady: () => void): NativeListener {
  const binding = loadBinding();
  return operatorErrors(() => new binding.RecordListener(place, onReady));
}
