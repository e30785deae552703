/** @param {unknown} error of the browser's storage @returns {{ code: string, reason: string }} for `offline-unavailable` */
export function failureOf(error) {
  const { name, message } = error instanceof Error ? error : { name: "Error", message: String(error) };
  const code = name === "QuotaExceededError" ? "storage_full" : "storage_failed";
  return { code, reason: message || name };
}
