package org.sjd4j.llama;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sjd4j.checkpoint.JsonConfig;

/**
 * What a {@code config.json} says about rotary positions. Only plain ones are implemented, so that their base is all that
 * is read; whatever else a configuration asks for is refused by name.
 *
 * <p>The base is {@code rope_theta} up to Transformers 4, and a member of {@code rope_parameters} since Transformers 5,
 * where each kind of layer may have parameters of its own ({@code modeling_rope_utils.py}). {@code rope_scaling} is the
 * older name of the same object, and {@code type} that of its {@code rope_type}.
 */
public final class RotaryConfig {
    private static final String THETA = "rope_theta";
    private static final List<String> OBJECTS = List.of("rope_parameters", "rope_scaling");
    private static final List<String> TYPES = List.of("rope_type", "type");
    private static final String PLAIN = "default";

    /** Positions divided by a factor: plain ones if that is 1. */
    private static final String LINEAR = "linear";

    private static final String FACTOR = "factor";
    private static final String PARTIAL = "partial_rotary_factor";

    /** Members that change nothing about plain positions. */
    private static final Set<String> KNOWN =
            Set.of("rope_type", "type", FACTOR, PARTIAL, THETA, "original_max_position_embeddings");

    private RotaryConfig() {}

    /**
     * The base of the rotary positions.
     *
     * @param otherwise the base if the configuration names none
     * @throws org.sjd4j.tensor.CheckpointException if positions are not plain, or two different bases are named
     */
    public static double theta(JsonConfig json, double otherwise) {
        Map<String, Double> found = new LinkedHashMap<>();
        addTheta(json, THETA, found);
        requireOne(json, PARTIAL, json, PARTIAL);
        for (String key : OBJECTS) {
            if (json.has(key)) {
                read(json, key, found);
            }
        }
        if (Set.copyOf(found.values()).size() > 1) {
            throw json.wrong(THETA, "with several values " + found, "one value; delete the wrong ones");
        }
        return found.isEmpty() ? otherwise : found.values().iterator().next();
    }

    private static void addTheta(JsonConfig json, String name, Map<String, Double> found) {
        if (json.has(THETA)) {
            double theta = json.number(THETA);
            if (theta <= 0) {
                throw json.wrong(THETA, json.shown(THETA), "a number above 0");
            }
            found.put(name, theta);
        }
    }

    private static void read(JsonConfig json, String key, Map<String, Double> found) {
        JsonConfig object = json.object(key);
        List<String> members = object.keys().stream().filter(object::has).toList();
        if (members.isEmpty() || !members.stream().allMatch(object::isObject)) {
            requirePlain(json, key, object);
            addTheta(object, key + "." + THETA, found);
            return;
        }
        for (String layer : members) {
            JsonConfig parameters = object.object(layer);
            requirePlain(json, key, parameters);
            addTheta(parameters, key + "." + layer + "." + THETA, found);
        }
    }

    private static void requirePlain(JsonConfig json, String key, JsonConfig parameters) {
        for (String name : TYPES) {
            String type = parameters.textOr(name, PLAIN);
            boolean scaled = parameters.numberOr(FACTOR, type.equals(LINEAR) ? 0 : 1) != 1;
            if (scaled || !type.equals(PLAIN) && !type.equals(LINEAR)) {
                String factor = parameters.has(FACTOR) ? " with factor " + parameters.shown(FACTOR) : "";
                throw json.unsupported(key, "of type '" + type + "'" + factor, "type '" + PLAIN + "'");
            }
        }
        requireOne(json, key, parameters, PARTIAL);
        for (String name : parameters.keys()) {
            if (!KNOWN.contains(name) && parameters.has(name)) {
                throw json.unsupported(
                        key, "with " + name + " " + parameters.shown(name), "type '" + PLAIN + "' alone");
            }
        }
    }

    private static void requireOne(JsonConfig json, String key, JsonConfig parameters, String name) {
        if (parameters.has(name) && parameters.number(name) != 1) {
            throw json.unsupported(key, "with " + name + " " + parameters.shown(name), name + " 1");
        }
    }
}
