// Runs scenarios of one text through clients built on others' API: the AI SDK and
// LangChain. What they hand on of an answer is less than what OpenAI's client does.
import { readFileSync } from "node:fs";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { ChatOpenAI } from "@langchain/openai";
import { generateText, streamText } from "ai";

const world = JSON.parse(readFileSync(0, "utf8"));
const textOf = (scenario) => {
  const { content } = scenario.request.messages.at(-1);
  return typeof content === "string" ? content : content[0].text;
};

async function aiSDK(scenario, form, seen) {
  const gateway = createOpenAICompatible({ name: "landfall", baseURL: world.url + "/v1", apiKey: world.keys[scenario.key], includeUsage: true });
  const call = { model: gateway(scenario.request.model), prompt: textOf(scenario), maxRetries: 0 };
  if (form === "unary") {
    const answer = await generateText(call);
    seen.content = [answer.text];
    seen.finish = [answer.finishReason.replace("-", "_")]; // its own spelling
    return;
  }
  seen.content = [""];
  const answer = streamText({ ...call, onError() {} });
  for await (const part of answer.fullStream) {
    if (part.type === "text-delta") seen.content[0] += part.text;
    if (part.type === "error") throw part.error;
    if (part.type === "finish") seen.finish = [part.finishReason.replace("-", "_")];
  }
}

async function langchain(scenario, form, seen) {
  const llm = new ChatOpenAI({ model: scenario.request.model, apiKey: world.keys[scenario.key], maxRetries: 0, configuration: { baseURL: world.url + "/v1" } });
  if (form === "unary") {
    const answer = await llm.invoke(textOf(scenario));
    seen.content = [answer.content];
    seen.finish = [answer.response_metadata.finish_reason];
    return;
  }
  seen.content = [""];
  for await (const chunk of await llm.stream(textOf(scenario))) {
    seen.content[0] += chunk.content;
    if (chunk.response_metadata.finish_reason) seen.finish = [chunk.response_metadata.finish_reason];
  }
}

const client = { ai: aiSDK, langchain }[process.argv[2]];
const all = [];
for (const scenario of world.scenarios)
  for (const form of ["unary", "streamed"]) {
    if (scenario.form && scenario.form !== form) continue;
    const seen = { name: scenario.name, form };
    try {
      await client(scenario, form, seen);
    } catch (e) {
      delete seen.content;
      seen.error = { code: String(e.statusCode ?? e.status ?? e.code ?? e) };
    }
    all.push(seen);
  }
console.log(JSON.stringify(all));
