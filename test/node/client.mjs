// Runs every scenario with OpenAI's client for Node and prints what it saw as JSON.
import { readFileSync } from "node:fs";
import OpenAI, { APIError } from "openai";

const world = JSON.parse(readFileSync(0, "utf8"));

// news notes what x_landfall says; the label counts only before any text.
function news(seen, said) {
  if (!said) return;
  if (said.status) seen.status = said.status;
  const label = said.labels?.explicit?.text;
  if (label && !seen.content?.some((text) => text)) seen.label = label;
  seen.withheld.push(...(said.withheld ?? []).map((w) => w.class));
  seen.warnings.push(...(said.warnings ?? []).map((w) => w.code));
}

function usage(seen, counted) {
  if (counted?.total_tokens) seen.usage = [counted.prompt_tokens, counted.completion_tokens];
}

const call = (tool) => `${tool.id} ${tool.function.name} ${tool.function.arguments}`;

async function unary(client, request, seen) {
  const answer = await client.chat.completions.create(request);
  news(seen, answer.x_landfall);
  seen.content = answer.choices.map((c) => c.message.content ?? "");
  seen.finish = answer.choices.map((c) => c.finish_reason);
  seen.refusal = answer.choices.map((c) => c.message.refusal ?? "").join("");
  seen.tools = answer.choices.flatMap((c) => c.message.tool_calls ?? []).map(call);
  usage(seen, answer.usage);
}

async function streamed(client, request, seen, hangUp) {
  Object.assign(seen, { content: [], finish: [], refusal: "", tools: [] });
  const stream = await client.chat.completions.create({ ...request, stream: true, stream_options: { include_usage: true } });
  for await (const chunk of stream) {
    news(seen, chunk.x_landfall);
    for (const c of chunk.choices) {
      seen.content[c.index] = (seen.content[c.index] ?? "") + (c.delta.content ?? "");
      seen.finish[c.index] = c.finish_reason ?? seen.finish[c.index] ?? "";
      seen.refusal += c.delta.refusal ?? "";
      seen.tools.push(...(c.delta.tool_calls ?? []).map(call));
      if (hangUp && c.delta.content) return; // leaving the loop ends the connection
    }
    usage(seen, chunk.usage);
  }
}

async function run(scenario, form) {
  const seen = { name: scenario.name, form, withheld: [], warnings: [] };
  const request = JSON.parse(JSON.stringify(scenario.request).replaceAll("CLIENT", "node " + form));
  const client = new OpenAI({ baseURL: world.url + "/v1", apiKey: world.keys[scenario.key], maxRetries: scenario.retries });
  try {
    await (form === "unary" ? unary(client, request, seen) : streamed(client, request, seen, scenario.hangup));
  } catch (e) {
    if (!(e instanceof APIError)) throw e;
    seen.error = { status: e.status ?? 0, code: e.code ?? "", type: e.type ?? "", param: e.param ?? "" };
  }
  return seen;
}

const all = [];
for (const scenario of world.scenarios)
  for (const form of ["unary", "streamed"])
    if (!scenario.form || scenario.form === form) all.push(await run(scenario, form));
console.log(JSON.stringify(all));
