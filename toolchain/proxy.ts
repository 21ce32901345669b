/**
 * Which proxy an https address is fetched through. Pure.
 * Does NOT fetch. The names and their meaning are those of curl and of Go, in which the engine is written.
 */

type Environment = Readonly<Record<string, string | undefined>>;

/** Whether NO_PROXY exempts a host: `*`, the host itself, or a domain that it lies in (`.example.com`, `example.com`). */
function isExempt(host: string, port: string, list: string): boolean {
  return list
    .split(/[\s,]+/)
    .filter((entry) => entry !== "")
    .some((entry) => {
      if (entry === "*") return true;
      const [name = "", only] = entry
        .toLowerCase()
        .replace(/^\*?\.(?=.)/, "")
        .split(":");
      if (only !== undefined && only !== port) return false;
      return host === name || host.endsWith(`.${name}`);
    });
}

/**
 * The proxy's address, or `undefined` where the address is fetched directly: it is not https, no HTTPS_PROXY is set, or
 * NO_PROXY exempts it. A proxy without scheme is an http one.
 *
 * @throws {TypeError} HTTPS_PROXY is no address.
 */
export function proxyFor(address: string, env: Environment): URL | undefined {
  const { protocol, hostname, port } = new URL(address);
  const proxy = env.HTTPS_PROXY ?? env.https_proxy ?? "";
  if (protocol !== "https:" || proxy === "") return undefined;
  const exempt = env.NO_PROXY ?? env.no_proxy ?? "";
  if (isExempt(hostname.toLowerCase(), port === "" ? "443" : port, exempt)) return undefined;
  return new URL(/^[a-z][a-z0-9+.-]*:\/\//i.test(proxy) ? proxy : `http://${proxy}`);
}
