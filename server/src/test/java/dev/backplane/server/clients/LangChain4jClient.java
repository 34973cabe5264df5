package dev.backplane.server.clients;

import static dev.langchain4j.model.chat.Capability.RESPONSE_FORMAT_JSON_SCHEMA;

import dev.langchain4j.model.anthropic.AnthropicChatModel;
import dev.langchain4j.model.anthropic.AnthropicStreamingChatModel;
import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.ollama.OllamaChatModel;
import dev.langchain4j.model.ollama.OllamaStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiResponsesChatModel;
import dev.langchain4j.model.openai.OpenAiResponsesStreamingChatModel;
import dev.langchain4j.model.openai.OpenAiStreamingChatModel;
import java.util.Map;

/// LangChain4j's clients, none of which tries again by itself.
enum LangChain4jClient {
    OPENAI {
        @Override
        ChatModel chat(String root, String key, String model) {
            return OpenAiChatModel.builder()
                    .baseUrl(root + "/v1")
                    .apiKey(key)
                    .modelName(model)
                    .maxRetries(0)
                    .supportedCapabilities(RESPONSE_FORMAT_JSON_SCHEMA)
                    .strictJsonSchema(true)
                    .build();
        }

        @Override
        StreamingChatModel streaming(String root, String key, String model) {
            return OpenAiStreamingChatModel.builder()
                    .baseUrl(root + "/v1")
                    .apiKey(key)
                    .modelName(model)
                    .build();
        }
    },
    RESPONSES {
        @Override
        ChatModel chat(String root, String key, String model) {
            return OpenAiResponsesChatModel.builder()
                    .baseUrl(root + "/v1")
                    .apiKey(key)
                    .modelName(model)
                    .build();
        }

        @Override
        StreamingChatModel streaming(String root, String key, String model) {
            return OpenAiResponsesStreamingChatModel.builder()
                    .baseUrl(root + "/v1")
                    .apiKey(key)
                    .modelName(model)
                    .build();
        }
    },
    ANTHROPIC {
        @Override
        ChatModel chat(String root, String key, String model) {
            return AnthropicChatModel.builder()
                    .baseUrl(root + "/v1/")
                    .apiKey(key)
                    .modelName(model)
                    .maxRetries(0)
                    .supportedCapabilities(RESPONSE_FORMAT_JSON_SCHEMA)
                    .build();
        }

        @Override
        StreamingChatModel streaming(String root, String key, String model) {
            return AnthropicStreamingChatModel.builder()
                    .baseUrl(root + "/v1/")
                    .apiKey(key)
                    .modelName(model)
                    .build();
        }
    },
    OLLAMA {
        @Override
        ChatModel chat(String root, String key, String model) {
            return OllamaChatModel.builder()
                    .baseUrl(root)
                    .customHeaders(Map.of("Authorization", "Bearer " + key))
                    .modelName(model)
                    .maxRetries(0)
                    .supportedCapabilities(RESPONSE_FORMAT_JSON_SCHEMA)
                    .build();
        }

        @Override
        StreamingChatModel streaming(String root, String key, String model) {
            return OllamaStreamingChatModel.builder()
                    .baseUrl(root)
                    .customHeaders(Map.of("Authorization", "Bearer " + key))
                    .modelName(model)
                    .build();
        }
    };

    abstract ChatModel chat(String root, String key, String model);

    abstract StreamingChatModel streaming(String root, String key, String model);
}
