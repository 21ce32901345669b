/**
 * A stand-in for the REST API of GitHub and of Azure DevOps, as far as reports use them: comments, issues, work items.
 * Does NOT check rights; it keeps what it was asked with, so that a test can.
 */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";

interface Entry {
  readonly id: number;
  body: string;
  state: string;
  readonly user: { readonly type: string };
}

export interface CodeHostServer {
  readonly url: string;
  readonly comments: Entry[];
  readonly issues: Entry[];
  /** `METHOD path` of each request, and the token that came with it. */
  readonly asked: { readonly what: string; readonly authorization: string }[];
  readonly stop: () => Promise<void>;
}

type Body = Readonly<Record<string, unknown>> | readonly Readonly<Record<string, unknown>>[] | null;

async function bodyOf(request: IncomingMessage): Promise<Body> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text === "" ? null : (JSON.parse(text) as Body);
}

/** A field of a work item, from a JSON Patch. */
function patched(body: Body, name: string): string | undefined {
  if (!Array.isArray(body)) return undefined;
  const changes = body as readonly { readonly path?: unknown; readonly value?: unknown }[];
  const value = changes.find(({ path }) => path === `/fields/${name}`)?.value;
  return typeof value === "string" ? value : undefined;
}

const textOf = (body: Body, name: string): string => {
  const value =
    Array.isArray(body) || body === null ? undefined : (body as Record<string, unknown>)[name];
  return typeof value === "string" ? value : "";
};

export async function startCodeHost(): Promise<CodeHostServer> {
  const comments: Entry[] = [];
  const issues: Entry[] = [];
  const asked: { readonly what: string; readonly authorization: string }[] = [];
  const add = (list: Entry[], body: string): Entry => {
    const entry = { id: list.length + 1, body, state: "open", user: { type: "Bot" } };
    list.push(entry);
    return entry;
  };
  const open = (): readonly Entry[] => issues.filter(({ state }) => state === "open");
  const idIn = (path: string): number => Number(path.split("/").at(-1)?.split("?")[0]);
  const found = (list: readonly Entry[], id: number): Entry => {
    const entry = list.find((one) => one.id === id);
    if (entry === undefined) throw new Error(`there is no ${id}`);
    return entry;
  };

  /** By method and path; the first that fits answers. */
  const answers: readonly (readonly [RegExp, (path: string, body: Body) => unknown])[] = [
    [/^GET .*\/issues\/7\/comments\?/, () => comments],
    [/^POST .*\/issues\/7\/comments$/, (_, body) => add(comments, textOf(body, "body"))],
    [
      /^PATCH .*\/issues\/comments\/\d+$/,
      (path, body) => (found(comments, idIn(path)).body = textOf(body, "body")),
    ],
    [/^GET .*\/issues\?/, () => open().map(({ id, body, user }) => ({ number: id, body, user }))],
    [/^POST .*\/issues$/, (_, body) => add(issues, textOf(body, "body"))],
    [/^POST .*\/issues\/\d+\/comments$/, () => null],
    [
      /^PATCH .*\/issues\/\d+$/,
      (path, body) => {
        const issue = found(issues, idIn(path));
        if (textOf(body, "state") !== "") issue.state = textOf(body, "state");
        else issue.body = textOf(body, "body");
        return issue;
      },
    ],
    [
      /^GET .*\/threads\?/,
      () => ({
        value: comments.map(({ id, body }) => ({ id, comments: [{ id: 1, content: body }] })),
      }),
    ],
    [
      /^POST .*\/threads\?/,
      (_, body) => {
        const [first] = (body as unknown as { comments: readonly { content: string }[] }).comments;
        return add(comments, first?.content ?? "");
      },
    ],
    [
      /^PATCH .*\/threads\/\d+\/comments\/1\?/,
      (path, body) =>
        (found(comments, Number(/threads\/(\d+)/.exec(path)?.[1])).body = textOf(body, "content")),
    ],
    [/^POST .*\/wit\/wiql\?/, () => ({ workItems: open().map(({ id }) => ({ id })) })],
    [
      /^POST .*\/wit\/workitems\/\$Issue\?/,
      (_, body) => add(issues, patched(body, "System.Description") ?? ""),
    ],
    [
      /^PATCH .*\/wit\/workitems\/\d+\?/,
      (path, body) => {
        const item = found(issues, idIn(path));
        item.state = patched(body, "System.State") ?? item.state;
        item.body = patched(body, "System.Description") ?? item.body;
        return item;
      },
    ],
  ];
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const path = decodeURIComponent(request.url ?? "");
      const what = `${request.method ?? ""} ${path}`;
      asked.push({ what, authorization: request.headers.authorization ?? "" });
      const answer = answers.find(([pattern]) => pattern.test(what))?.[1];
      if (answer === undefined) return response.writeHead(404).end(`nothing is known of ${what}`);
      return response.writeHead(200).end(JSON.stringify(answer(path, body)));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ comments, issues, asked },
    stop: () =>
      new Promise((done) => {
        server.close(() => {
          done();
        });
        server.closeAllConnections();
      }),
  };
}
