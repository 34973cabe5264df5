package dev.backplane.gateway.provider;

import dev.backplane.http.client.ClientRequest.Header;
import dev.backplane.http.client.HttpClient;
import java.net.URI;
import java.util.List;
import java.util.Optional;

/// OpenAI's models at Azure: the same language at other addresses, where a model's name is that of
/// its deployment.
///
/// ```
/// v1     RESOURCE/openai/v1/chat/completions                   the body names the deployment
/// dated  RESOURCE/openai/deployments/NAME/chat/completions?api-version=VERSION
///        RESOURCE/openai/models?api-version=VERSION
/// ```
///
/// The key is in the header `api-key`. Versions before 2024-09-01-preview refuse `stream_options`,
/// which is always sent. Paths as in openai-python, `lib/azure.py`.
public final class AzureOpenAi {
    private AzureOpenAi() {}

    /// @param resource such as `https://NAME.openai.azure.com`; what follows from `/openai` on is
    ///   not needed and taken off
    /// @param version of the API by date; without one, the v1 surface is spoken to
    public static Provider provider(
            String name, HttpClient http, URI resource, String key, Optional<String> version) {
        String base = resource.toString().replaceFirst("/(openai(/v1)?/?)?$", "") + "/openai";
        List<Header> headers = List.of(new Header("api-key", key));
        if (version.isEmpty()) {
            URI uri = URI.create(base + "/v1");
            return new OpenAiCompatible(name, http, uri, headers, (call, _) -> call, true);
        }
        String query = "?api-version=" + Upstream.segment(version.get());
        return new OpenAiCompatible(
                name,
                http,
                URI.create(base),
                headers,
                (call, model) ->
                        (model.isEmpty() ? "" : "/deployments/" + Upstream.segment(model))
                                + call
                                + query,
                true);
    }
}
