package dev.backplane.http;

import dev.backplane.core.Problem;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/// Finds the handler for a method and a path.
///
/// A template is `/`-separated; a part `{name}` takes any one non-empty part. Parts are compared
/// and handed over percent-decoded, so an id may contain an encoded `/`. A literal part wins over a
/// parameter. Known paths answer `405` with `Allow` for other methods, `HEAD` as `GET` without the
/// body, and `OPTIONS` with `Allow`; unknown ones answer `404`, or as gRPC does to who speaks that.
/// Immutable.
public final class Router implements Handler {
    private final Node root;

    private Router(Node root) {
        this.root = root;
    }

    public static Builder builder() {
        return new Builder();
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        String[] parts = split(exchange.path());
        Map<String, String> values = new HashMap<>();
        Optional<Node> found = find(root, parts, 0, values);
        if (found.isEmpty()) {
            GrpcUnary.refuseUnknown(exchange);
            throw Problem.notFound("no such path", exchange.method() + " " + exchange.path())
                    .fix("docs/http-api.md lists what this server answers");
        }
        Node node = found.get();
        exchange.route(node.template, values);
        String method = exchange.method().equals("HEAD") ? "GET" : exchange.method();
        Handler handler = node.methods.get(method);
        if (handler != null) {
            handler.handle(exchange);
            return;
        }
        String allowed = String.join(", ", node.methods.keySet());
        if (method.equals("OPTIONS")) {
            exchange.status(204).header("Allow", allowed + ", OPTIONS");
            return;
        }
        Problem problem =
                Problem.of(
                                Problem.Kind.INVALID,
                                "method is not allowed here",
                                exchange.method() + " " + node.template)
                        .fix("use " + allowed);
        Errors.send(exchange, problem, 405, Map.of("Allow", allowed));
    }

    private static String[] split(String path) {
        if (!path.startsWith("/")) {
            return new String[] {path};
        }
        String[] parts = path.substring(1).split("/", -1);
        for (int i = 0; i < parts.length; i++) {
            parts[i] = decode(parts[i]);
        }
        return parts;
    }

    private static String decode(String part) {
        if (part.indexOf('%') < 0) {
            return part;
        }
        try {
            return URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException malformed) {
            throw Problem.invalid("path cannot be decoded", "request line")
                    .fix("percent-encode path parts as UTF-8")
                    .causedBy(malformed);
        }
    }

    private static Optional<Node> find(
            Node node, String[] parts, int depth, Map<String, String> values) {
        if (depth == parts.length) {
            return node.methods.isEmpty() ? Optional.empty() : Optional.of(node);
        }
        Node literal = node.literals.get(parts[depth]);
        if (literal != null) {
            Optional<Node> found = find(literal, parts, depth + 1, values);
            if (found.isPresent()) {
                return found;
            }
        }
        if (node.parameter.isEmpty() || parts[depth].isEmpty()) {
            return Optional.empty();
        }
        Optional<Node> found = find(node.parameter.get(), parts, depth + 1, values);
        if (found.isPresent()) {
            values.put(node.parameter.get().name, parts[depth]);
        }
        return found;
    }

    /// A part of a template.
    private static final class Node {
        private final Map<String, Node> literals = new HashMap<>();
        private final Map<String, Handler> methods = new TreeMap<>();
        private Optional<Node> parameter = Optional.empty();
        private String name = "";
        private String template = "";
    }

    /// Collects routes; two that differ only in a parameter's name are an error.
    public static final class Builder {
        private final Node root = new Node();

        private Builder() {}

        public Builder get(String template, Handler handler) {
            return add("GET", template, handler);
        }

        public Builder post(String template, Handler handler) {
            return add("POST", template, handler);
        }

        public Builder put(String template, Handler handler) {
            return add("PUT", template, handler);
        }

        public Builder delete(String template, Handler handler) {
            return add("DELETE", template, handler);
        }

        public Builder add(String method, String template, Handler handler) {
            if (!template.startsWith("/")) {
                throw new IllegalArgumentException("template must start with /: " + template);
            }
            Node node = root;
            for (String part : template.substring(1).split("/", -1)) {
                node =
                        part.startsWith("{")
                                ? parameter(node, part.substring(1, part.length() - 1))
                                : node.literals.computeIfAbsent(part, _ -> new Node());
            }
            node.template = template;
            if (node.methods.putIfAbsent(method, handler) != null) {
                throw new IllegalArgumentException("route is there twice: " + template);
            }
            return this;
        }

        private static Node parameter(Node node, String name) {
            Node parameter = node.parameter.orElseGet(Node::new);
            if (node.parameter.isPresent() && !parameter.name.equals(name)) {
                throw new IllegalArgumentException(
                        "parameter is called both " + parameter.name + " and " + name);
            }
            parameter.name = name;
            node.parameter = Optional.of(parameter);
            return parameter;
        }

        public Router build() {
            return new Router(root);
        }
    }
}
