package dev.backplane.server.auth;

import dev.backplane.core.Problem;
import java.util.Set;

/// Whoever sent a request, after [Auth] has looked at it.
///
/// @param key the id of the key, or `loopback`
/// @param project that the request is about
/// @param allProjects whether the key is for all of them
public record Caller(String key, Set<Scope> scopes, String project, boolean allProjects) {
    public Caller {
        scopes = Set.copyOf(scopes);
    }

    public boolean may(Scope scope) {
        return scopes.contains(scope) || scopes.contains(Scope.ADMIN);
    }

    /// @throws Problem `FORBIDDEN`
    public void require(Scope scope, String where) {
        if (!may(scope)) {
            throw Problem.of(Problem.Kind.FORBIDDEN, "key has no scope " + scope.id(), where)
                    .fix("use a key with scope " + scope.id());
        }
    }

    /// @throws Problem `FORBIDDEN` unless the key is for that project
    public void requireProject(String name, String where) {
        if (!allProjects && !project.equals(name)) {
            throw Problem.of(Problem.Kind.FORBIDDEN, "key is not for project " + name, where)
                    .fix("use a key of that project or one for all projects");
        }
        if (name.equals(Project.SYSTEM)) {
            require(Scope.ADMIN, where);
        }
    }

    /// For what concerns the server as a whole.
    ///
    /// @throws Problem `FORBIDDEN`
    public void requireAllProjects(String where) {
        if (!allProjects) {
            throw Problem.of(Problem.Kind.FORBIDDEN, "key is for one project only", where)
                    .fix("use a key for all projects");
        }
    }
}
