/** The promise, or an error that names what was waited for; milliseconds. */
export async function within<T>(promise: Promise<T>, what: string, ms = 5000): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`waited ${ms} ms for ${what}`)), ms);
  try {
    return await Promise.race([promise, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
