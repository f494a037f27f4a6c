// The official TypeScript client of the Model Context Protocol: `node mcp_client.mjs PROGRAM STORE` or `node mcp_client.mjs URL`. The last line
// is the digest of a program.
import assert from "node:assert/strict";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const [where, store] = process.argv.slice(2);
const transport = where.startsWith("http")
    ? new StreamableHTTPClientTransport(new URL(where))
    : new StdioClientTransport({ command: where, args: ["mcp", "--store", store], env: process.env });
const client = new Client({ name: "test", version: "1" });
await client.connect(transport);

const tools = (await client.listTools()).tools.map((tool) => tool.name);
for (const name of ["run_python", "evaluate", "start_run", "run_status", "diff", "replay"]) assert(tools.includes(name), `${tools}`);
const call = (name, args) => client.callTool({ name, arguments: args });
const done = await call("run_python", { code: "print(6 * 7)", seed: 1 });
assert(!done.isError && done.content[0].text.startsWith("42\n"), JSON.stringify(done));
const failed = await call("run_python", { code: "1 / 0" });
assert(failed.isError && failed.content[0].text.includes("ZeroDivisionError"), JSON.stringify(failed));

const started = await call("start_run", { task: "bin-packing", generations: 2, candidates: 2 });
assert(!started.isError, JSON.stringify(started));
const run = started.structuredContent.run;
const resources = (await client.listResources()).resources.map((each) => each.uri);
assert(resources.includes(`hyperspace://run/${run}`), `${resources}`);
let state;
for (let round = 0; round < 600 && state !== "ended"; round++) {
    state = (await call("run_status", { run })).structuredContent.state;
    await new Promise((resolve) => setTimeout(resolve, 100));
}
assert.equal(state, "ended");
const read = await client.readResource({ uri: `hyperspace://run/${run}` });
assert(read.contents[0].text.includes("generations"));
const prompt = await client.getPrompt({ name: "explain_run", arguments: { run } });
assert(prompt.messages[0].content.text.includes(run));
await client.close();
console.log(done.structuredContent.digest);
