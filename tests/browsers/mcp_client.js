// An MCP client over Streamable HTTP as pages run it: what it must send and read, and no redirects.
async function mcpClient(url, stateful) {
  const called = [];
  let session = null, number = 0;
  const call = async (method, message, headers = {}) => {
    const given = { ...headers };
    if (message) given["Content-Type"] = "application/json";
    if (session) given["Mcp-Session-Id"] = session;
    const response = await fetch(url, {
      method, redirect: "manual", body: message ? JSON.stringify({ jsonrpc: "2.0", ...message }) : undefined,
      headers: { Accept: "application/json, text/event-stream", ...given },
    });
    if (response.type === "opaqueredirect") throw new Error("Redirect not followed");
    called.push(`${method} ${response.status}`);
    return response;
  };
  const ask = async (method, params, headers) => {
    const response = await call("POST", { id: ++number, method, params }, headers);
    const text = await response.text();
    if (!response.ok) throw new Error(`HTTP ${response.status}: ${text}`);
    if (method === "initialize") session = response.headers.get("Mcp-Session-Id");
    const line = text.split("\n").find((each) => each.startsWith("data: ") && each.length > 7);
    const answer = JSON.parse(line ? line.slice(6) : text);
    if (answer.error) throw new Error(answer.error.message);
    return answer.result;
  };
  const version = { "Mcp-Protocol-Version": "2025-11-25" };
  try {
    const client = { name: "page", version: "1" };
    await ask("initialize", { protocolVersion: "2025-11-25", capabilities: {}, clientInfo: client });
    if (stateful && !session) throw new Error("Missing session ID");
    await call("POST", { method: "notifications/initialized" }, version);
    const tools = (await ask("tools/list", {}, version)).tools.map((tool) => tool.name);
    const result = await ask("tools/call", { name: tools[0], arguments: {} }, version);
    if (stateful) {
      const stream = await call("GET", null, version);
      await call("DELETE", null, version);
      await stream.body.cancel();
    }
    return { tools, content: result.content.map((part) => part.text), called };
  } catch (error) {
    return { error: String(error.message), called };
  }
}
