// The official TypeScript client of the handshake era: connects, lists, calls, is refused, reads; prints what it saw.
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";

const client = new Client({ name: "test", version: "1" });
const transport = new StreamableHTTPClientTransport(new URL(process.argv[2]));
await client.connect(transport);
const { tools } = await client.listTools();
const greeted = await client.callTool({ name: "greet", arguments: { name: "Mona" } });
const refused = await client.callTool({ name: "greet", arguments: { name: "conflict" } });
const read = await client.readResource({ uri: "test://static-text" });
console.log(
  JSON.stringify({
    version: transport.protocolVersion,
    tools: tools.map((tool) => tool.name),
    greeted: greeted.structuredContent,
    refused: [refused.isError, JSON.parse(refused.content[0].text).error],
    read: read.contents[0].text,
  }),
);
await client.close();
