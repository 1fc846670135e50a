// The official TypeScript client of both eras: connects in the mode given, lists, calls, is refused, reads; prints it.
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";

const [url, mode] = process.argv.slice(2);
const client = new Client({ name: "test", version: "1" }, { versionNegotiation: { mode } });
await client.connect(new StreamableHTTPClientTransport(new URL(url)));
const { tools } = await client.listTools();
const greeted = await client.callTool({ name: "greet", arguments: { name: "Mona" } });
const refused = await client.callTool({ name: "greet", arguments: { name: "conflict" } });
const read = await client.readResource({ uri: "test://static-text" });
console.log(
  JSON.stringify({
    version: client.getNegotiatedProtocolVersion(),
    tools: tools.map((tool) => tool.name),
    greeted: greeted.structuredContent,
    refused: [refused.isError, JSON.parse(refused.content[0].text).error],
    read: read.contents[0].text,
  }),
);
await client.close();
