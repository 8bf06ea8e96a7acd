package org.sjd4j.server.generate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.sjd4j.server.http.ApiException;

/** The models that are served, by id. Ids are looked up here and nowhere else: none of them becomes a path. */
public final class Models {
    private static final Pattern ALIAS = Pattern.compile("gpt-image-[a-z0-9.-]{1,40}|dall-e-[a-z0-9.-]{1,40}");

    private final SequencedMap<String, ServedModel> byId = new LinkedHashMap<>();
    private final boolean aliases;

    /**
     * Models.
     *
     * @param models the first one is the default
     * @param aliases whether OpenAI's names stand for the default, as some clients can send no others
     */
    public Models(List<ServedModel> models, boolean aliases) {
        models.forEach(model -> byId.put(model.id(), model));
        this.aliases = aliases;
    }

    /** All of them. */
    public List<ServedModel> all() {
        return List.copyOf(byId.values());
    }

    /** The model of an id that is no alias, if it is served. */
    public Optional<ServedModel> find(String id) {
        return Optional.ofNullable(byId.get(id));
    }

    /**
     * The model that a request names.
     *
     * @param id or nothing for the default
     * @throws ApiException if there is none, or it is not ready
     */
    public ServedModel named(@Nullable String id) {
        var model = id == null || isAlias(id) ? byId.firstEntry().getValue() : byId.get(id);
        if (model == null) {
            throw notFound(String.valueOf(id));
        }
        return model;
    }

    /** As {@link #named}, and the model can generate. */
    public ServedModel ready(@Nullable String id) {
        var model = named(id);
        if (!model.ready()) {
            throw ApiException.unavailable("model_loading", "The model is being loaded.", 2);
        }
        return model;
    }

    /** Whether an id is one of OpenAI's that stands for the default. */
    public boolean isAlias(String id) {
        return aliases && !byId.containsKey(id) && ALIAS.matcher(id).matches();
    }

    private static ApiException notFound(String id) {
        String name = id.length() <= 64 ? id : id.substring(0, 64) + "...";
        return ApiException.request(
                404,
                "model_not_found",
                "The model '%s' does not exist; GET /v1/models lists those that do.".formatted(name));
    }
}
