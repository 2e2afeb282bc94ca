package clients_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/sashabaranov/go-openai"
)

// goOpenAI is the client that many Go programs had before there was an official one.
// It drops what it does not know, x_landfall too, so its user has the text alone.
func goOpenAI(g *gateway, s scenario, form string) seen {
	config := openai.DefaultConfig(g.keys[s.Key])
	config.BaseURL = g.url + "/v1"
	client := openai.NewClientWithConfig(config)
	var request openai.ChatCompletionRequest
	if err := json.Unmarshal(s.Request, &request); err != nil {
		return seen{Status: err.Error()}
	}
	if form == "unary" {
		return goOpenAIUnary(client, request)
	}
	request.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	return goOpenAIStreamed(client, request, s.HangUp)
}

func goOpenAIUnary(client *openai.Client, request openai.ChatCompletionRequest) (out seen) {
	answer, err := client.CreateChatCompletion(context.Background(), request)
	if err != nil {
		out.Error = goOpenAIFault(err)
		return out
	}
	for _, c := range answer.Choices {
		out.Content = append(out.Content, c.Message.Content)
		out.Finish = append(out.Finish, string(c.FinishReason))
		out.Refusal += c.Message.Refusal
		for _, call := range c.Message.ToolCalls {
			out.Tools = append(out.Tools, call.ID+" "+call.Function.Name+" "+call.Function.Arguments)
		}
	}
	out.usage(answer.Usage.PromptTokens, answer.Usage.CompletionTokens)
	return out
}

func goOpenAIStreamed(client *openai.Client, request openai.ChatCompletionRequest, hangUp bool) (out seen) {
	stream, err := client.CreateChatCompletionStream(context.Background(), request)
	if err != nil {
		out.Error = goOpenAIFault(err)
		return out
	}
	defer func() { _ = stream.Close() }()
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			out.Error = goOpenAIFault(err)
			return out
		}
		for _, c := range chunk.Choices {
			out.piece(c.Index, c.Delta.Content, string(c.FinishReason))
			out.Refusal += c.Delta.Refusal
			for _, call := range c.Delta.ToolCalls {
				out.Tools = append(out.Tools, call.ID+" "+call.Function.Name+" "+call.Function.Arguments)
			}
			if hangUp && c.Delta.Content != "" {
				return out
			}
		}
		if chunk.Usage != nil {
			out.usage(chunk.Usage.PromptTokens, chunk.Usage.CompletionTokens)
		}
	}
}

func goOpenAIFault(err error) *fault {
	var e *openai.APIError
	if !errors.As(err, &e) {
		return &fault{Code: err.Error()}
	}
	f := &fault{Status: e.HTTPStatusCode, Code: fmt.Sprint(e.Code), Type: e.Type}
	if e.Param != nil {
		f.Param = *e.Param
	}
	return f
}

// textAlone is what a client keeps that drops unknown fields.
func textAlone(s seen) seen {
	s.Status, s.Label, s.Withheld, s.Warnings = "", "", nil, nil
	return s
}

// asksOnce leaves out what needs a client that retries by itself, or that can be
// given a JSON Schema as it is and fields of others' making.
func asksOnce(s scenario) bool {
	return s.Retries == 0 && s.Name != "a record" && !bytes.Contains(s.Request, []byte("x_landfall"))
}
