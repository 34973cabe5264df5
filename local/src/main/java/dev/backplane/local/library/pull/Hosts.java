package dev.backplane.local.library.pull;

import dev.backplane.core.Problem;
import dev.backplane.local.library.ModelName;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/// Which places may be asked for models.
///
/// A server that fetches what its users name could be sent to places that only it reaches: services
/// of its network, addresses that give out a machine's keys. So a host must be known by name. A
/// known host may send elsewhere, as they all do for large files: over `https`, to an address that
/// is neither this machine's nor of a private network. Hosts of the configuration are trusted as
/// they are.
///
/// @param registry that of Ollama
/// @param hub that of Hugging Face
/// @param others registries of the configuration
public record Hosts(URI registry, URI hub, List<URI> others) {
    public static final URI OLLAMA = URI.create("https://registry.ollama.ai");
    public static final URI HUGGING_FACE = URI.create("https://huggingface.co");

    /// The names that Hugging Face goes by in the name of a model.
    private static final Set<String> HUB_NAMES =
            Set.of("hf.co", "www.hf.co", "huggingface.co", "www.huggingface.co");

    public Hosts {
        others = List.copyOf(others);
    }

    /// What is allowed when nobody says anything.
    public static Hosts usual() {
        return new Hosts(OLLAMA, HUGGING_FACE, List.of());
    }

    /// Whether the name is of a repository at Hugging Face.
    public static boolean isHub(ModelName name) {
        return HUB_NAMES.contains(name.host().toLowerCase(Locale.ROOT));
    }

    /// The address of the registry that the name is of, to pull from or push to.
    ///
    /// @throws Problem `FORBIDDEN` when it is none that is allowed
    public URI registry(ModelName name) {
        String host = name.host().toLowerCase(Locale.ROOT);
        if (host.equals(ModelName.HOST)) {
            return registry;
        }
        return others.stream()
                .filter(uri -> uri.getRawAuthority().toLowerCase(Locale.ROOT).equals(host))
                .findFirst()
                .orElseThrow(() -> refused(name));
    }

    private Problem refused(ModelName name) {
        List<String> known = new ArrayList<>(List.of(ModelName.HOST, "hf.co"));
        others.forEach(uri -> known.add(uri.getRawAuthority()));
        return Problem.of(
                        Problem.Kind.FORBIDDEN,
                        "no models are exchanged with host '" + name.host() + "'",
                        name.toString())
                .fix(
                        "allowed are "
                                + String.join(", ", known)
                                + "; others are named in the configuration's library.hosts");
    }

    /// Looks at an address that an allowed host sends to.
    ///
    /// @throws Problem `FORBIDDEN` when it is none that a host of the network may send to
    void checkRedirect(URI target) {
        if (isTrusted(target)) {
            return;
        }
        if (!"https".equals(target.getScheme()) || target.getHost() == null) {
            throw forbidden("sends to an address that is not https", target);
        }
        String host = target.getHost();
        try {
            for (InetAddress address :
                    InetAddress.getAllByName(
                            host.startsWith("[") ? host.substring(1, host.length() - 1) : host)) {
                if (isInside(address)) {
                    throw forbidden("sends to an address inside this network", target);
                }
            }
        } catch (UnknownHostException unknown) {
            throw Problem.unavailable("host is not known", host)
                    .fix("check this machine's DNS")
                    .causedBy(unknown);
        }
    }

    private boolean isTrusted(URI target) {
        return all().stream().anyMatch(known -> sameOrigin(known, target));
    }

    private List<URI> all() {
        List<URI> all = new ArrayList<>(others);
        all.add(registry);
        all.add(hub);
        return all;
    }

    /// Whether two addresses lead to the same server.
    static boolean sameOrigin(URI one, URI other) {
        return origin(one).equals(origin(other));
    }

    private static String origin(URI uri) {
        int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
        return (uri.getScheme() + "://" + uri.getHost() + ":" + port).toLowerCase(Locale.ROOT);
    }

    private static Problem forbidden(String what, URI target) {
        return Problem.of(
                        Problem.Kind.FORBIDDEN,
                        what,
                        target.getScheme() + "://" + target.getRawAuthority())
                .fix("pull from another place, or name that host in library.hosts");
    }

    /// Addresses of this machine, of private networks, of the link (where clouds tell a machine its
    /// keys), and those that are none.
    static boolean isInside(InetAddress address) {
        boolean isSpecial =
                address.isLoopbackAddress()
                        || address.isAnyLocalAddress()
                        || address.isLinkLocalAddress()
                        || address.isSiteLocalAddress()
                        || address.isMulticastAddress();
        return isSpecial
                || switch (address) {
                    case Inet4Address four -> isInside(four.getAddress());
                    case Inet6Address six -> (six.getAddress()[0] & 0xFE) == 0xFC;
                    default -> true;
                };
    }

    /// 0/8, 100.64/10 (shared, as clouds use it), 192.0.0/24, 198.18/15, and from 240/4 on.
    private static boolean isInside(byte[] four) {
        int first = four[0] & 0xFF;
        int second = four[1] & 0xFF;
        return first == 0
                || first >= 240
                || (first == 100 && second >= 64 && second < 128)
                || (first == 192 && second == 0 && four[2] == 0)
                || (first == 198 && (second == 18 || second == 19));
    }

    /// For people: which hosts there are.
    @Override
    public String toString() {
        return all().stream().map(URI::getRawAuthority).collect(Collectors.joining(", "));
    }

    /// An address of the configuration, as an origin without a path.
    ///
    /// @return empty when it is none
    public static Optional<URI> origin(String text) {
        try {
            URI uri = new URI(text.contains("://") ? text : "https://" + text);
            boolean isHttp = "http".equals(uri.getScheme()) || "https".equals(uri.getScheme());
            boolean isBare =
                    uri.getUserInfo() == null
                            && uri.getRawQuery() == null
                            && (uri.getRawPath().isEmpty() || uri.getRawPath().equals("/"));
            return isHttp && isBare && uri.getHost() != null
                    ? Optional.of(URI.create(uri.getScheme() + "://" + uri.getRawAuthority()))
                    : Optional.empty();
        } catch (java.net.URISyntaxException none) {
            return Optional.empty();
        }
    }
}
