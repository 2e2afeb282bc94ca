"""Runs every scenario with OpenAI's client for Python and prints what it saw as JSON."""

import json
import sys

import openai

WORLD = json.load(sys.stdin)


def news(seen, extra):
    """Notes what x_landfall says; the label counts only before any text."""
    said = (extra or {}).get("x_landfall")
    if not said:
        return
    if said.get("status"):
        seen["status"] = said["status"]
    label = said.get("labels", {}).get("explicit", {}).get("text")
    if label and not any(seen.get("content", [])):
        seen["label"] = label
    seen.setdefault("withheld", []).extend(w["class"] for w in said.get("withheld", []))
    seen.setdefault("warnings", []).extend(w["code"] for w in said.get("warnings", []))


def usage(seen, counted):
    if counted and counted.total_tokens:
        seen["usage"] = [counted.prompt_tokens, counted.completion_tokens]


def call(tool):
    return f"{tool.id} {tool.function.name} {tool.function.arguments}"


def unary(client, request, seen):
    answer = client.chat.completions.create(**request)
    news(seen, answer.model_extra)
    seen["content"] = [c.message.content or "" for c in answer.choices]
    seen["finish"] = [c.finish_reason for c in answer.choices]
    seen["refusal"] = "".join(c.message.refusal or "" for c in answer.choices)
    seen["tools"] = [call(t) for c in answer.choices for t in c.message.tool_calls or []]
    usage(seen, answer.usage)


def streamed(client, request, seen, hang_up):
    seen.update(content=[], finish=[], refusal="", tools=[])
    stream = client.chat.completions.create(stream=True, stream_options={"include_usage": True}, **request)
    for chunk in stream:
        news(seen, chunk.model_extra)
        for c in chunk.choices:
            while len(seen["content"]) <= c.index:
                seen["content"].append("")
                seen["finish"].append("")
            seen["content"][c.index] += c.delta.content or ""
            seen["finish"][c.index] = c.finish_reason or seen["finish"][c.index]
            seen["refusal"] += c.delta.refusal or ""
            seen["tools"] += [call(t) for t in c.delta.tool_calls or []]
            if hang_up and c.delta.content:
                stream.close()
                return
        usage(seen, chunk.usage)


def run(scenario, form):
    seen = {"name": scenario["name"], "form": form}
    text = json.dumps(scenario["request"]).replace("CLIENT", "python " + form)
    request = json.loads(text)
    if "x_landfall" in request:
        request["extra_body"] = {"x_landfall": request.pop("x_landfall")}
    client = openai.OpenAI(base_url=WORLD["url"] + "/v1", api_key=WORLD["keys"][scenario["key"]], max_retries=scenario["retries"])
    try:
        if form == "unary":
            unary(client, request, seen)
        else:
            streamed(client, request, seen, scenario["hangup"])
    except openai.APIError as e:
        seen["error"] = {"status": getattr(e, "status_code", 0), "code": e.code or "", "type": e.type or "", "param": e.param or ""}
    return seen


json.dump([run(s, form) for s in WORLD["scenarios"] for form in ("unary", "streamed") if s["form"] in ("", form)], sys.stdout)
