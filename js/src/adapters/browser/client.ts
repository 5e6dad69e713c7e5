import type { Request } from "../../types.js";

/** The parts of a page's `navigator` that are read. */
export interface NavigatorLike {
  userAgent: string;
  languages?: readonly string[];
  userAgentData?: { brands: readonly { brand: string; version: string }[]; mobile: boolean; platform: string } | undefined;
}

/**
 * The request a page's own browser would send, as far as the page can know: what `navigator` says, which the person
 * at the browser controls. For previews and explanations; whoever decides for real decides where the page can not
 * reach.
 */
export function pageRequest(url: string, { userAgent, languages, userAgentData }: NavigatorLike): Request {
  const { protocol, hostname, pathname } = new URL(url);
  const headers: [string, string][] = [["user-agent", userAgent]];
  if (languages !== undefined && languages.length > 0) headers.push(["accept-language", languages.join(",")]);
  if (userAgentData !== undefined) {
    const brands = userAgentData.brands.map(({ brand, version }) => `"${brand}";v="${version}"`);
    headers.push(
      ["sec-ch-ua", brands.join(", ")],
      ["sec-ch-ua-mobile", userAgentData.mobile ? "?1" : "?0"],
      ["sec-ch-ua-platform", `"${userAgentData.platform}"`],
    );
  }
  return {
    http: {
      method: "GET",
      scheme: protocol === "https:" ? ("https" as const) : ("http" as const),
      host: hostname,
      path: pathname,
      headers,
    },
  };
}
