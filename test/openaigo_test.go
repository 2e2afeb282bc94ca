package clients_test

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/option"
	"github.com/openai/openai-go/v3/packages/ssestream"
)

// openaiGo is OpenAI's own client for Go.
func openaiGo(g *gateway, s scenario, form string) seen {
	client := openai.NewClient(option.WithBaseURL(g.url+"/v1"), option.WithAPIKey(g.keys[s.Key]), option.WithMaxRetries(s.Retries))
	var params openai.ChatCompletionNewParams
	if err := json.Unmarshal(s.Request, &params); err != nil {
		return seen{Status: err.Error()}
	}
	var more struct {
		Landfall json.RawMessage `json:"x_landfall"`
	}
	if _ = json.Unmarshal(s.Request, &more); more.Landfall != nil {
		params.SetExtraFields(map[string]any{"x_landfall": more.Landfall})
	}
	if form == "unary" {
		return openaiGoUnary(client, params)
	}
	params.StreamOptions.IncludeUsage = openai.Bool(true)
	return openaiGoStreamed(client, params, s.HangUp)
}

func openaiGoUnary(client openai.Client, params openai.ChatCompletionNewParams) (out seen) {
	answer, err := client.Chat.Completions.New(context.Background(), params)
	if err != nil {
		out.Error = openaiGoFault(err)
		return out
	}
	out.news(answer.JSON.ExtraFields["x_landfall"].Raw())
	for _, c := range answer.Choices {
		out.Content = append(out.Content, c.Message.Content)
		out.Finish = append(out.Finish, c.FinishReason)
		out.Refusal += c.Message.Refusal
		for _, call := range c.Message.ToolCalls {
			out.Tools = append(out.Tools, call.ID+" "+call.Function.Name+" "+call.Function.Arguments)
		}
	}
	out.usage(int(answer.Usage.PromptTokens), int(answer.Usage.CompletionTokens))
	return out
}

func openaiGoStreamed(client openai.Client, params openai.ChatCompletionNewParams, hangUp bool) (out seen) {
	stream := client.Chat.Completions.NewStreaming(context.Background(), params)
	defer func() { _ = stream.Close() }()
	for stream.Next() {
		chunk := stream.Current()
		out.news(chunk.JSON.ExtraFields["x_landfall"].Raw())
		for _, c := range chunk.Choices {
			out.piece(int(c.Index), c.Delta.Content, c.FinishReason)
			out.Refusal += c.Delta.Refusal
			for _, call := range c.Delta.ToolCalls {
				out.Tools = append(out.Tools, call.ID+" "+call.Function.Name+" "+call.Function.Arguments)
			}
			if hangUp && c.Delta.Content != "" {
				return out
			}
		}
		if chunk.Usage.TotalTokens > 0 {
			out.usage(int(chunk.Usage.PromptTokens), int(chunk.Usage.CompletionTokens))
		}
	}
	if err := stream.Err(); err != nil {
		out.Error = openaiGoFault(err)
	}
	return out
}

func openaiGoFault(err error) *fault {
	var status *openai.Error
	if errors.As(err, &status) {
		return &fault{status.StatusCode, status.Code, status.Type, status.Param}
	}
	var inside *ssestream.StreamError
	var body struct{ Error fault }
	if errors.As(err, &inside) && json.Unmarshal(inside.Event.Data, &body) == nil {
		return &body.Error
	}
	return &fault{Code: err.Error()}
}
