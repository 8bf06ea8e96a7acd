package org.sjd4j.server.images;

import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.sjd4j.api.Edit;
import org.sjd4j.api.EditMask;
import org.sjd4j.family.ModelDescription;
import org.sjd4j.image.Alpha;
import org.sjd4j.image.ImageFileException;
import org.sjd4j.image.ImageFiles;
import org.sjd4j.server.http.ApiException;
import org.sjd4j.server.http.Body;
import tools.jackson.databind.JsonNode;

/**
 * The files of an edit: parts of a form, or data URIs in JSON.
 *
 * @param image the file of the image to edit
 * @param mask the file of the mask, or nothing for the transparent parts of the image
 */
record EditFiles(byte[] image, byte @Nullable [] mask) {
    /** Fields that have them. */
    static final Set<String> FIELDS = Set.of("image", "images", "mask");

    private static final int MOST_PIXELS = 1 << 24;
    private static final String BASE64 = ";base64,";

    /**
     * The files of a body.
     *
     * @throws ApiException if there is not one image, or not at most one mask
     */
    static EditFiles of(Body body) {
        var images = new ArrayList<byte[]>();
        images.addAll(files(body, "image"));
        images.addAll(files(body, "images"));
        if (images.isEmpty()) {
            throw ApiException.field("image", "missing_required_parameter", "Missing required parameter: 'image'.");
        }
        if (images.size() > 1) {
            throw Body.invalid("image", "one image, found " + images.size());
        }
        var masks = files(body, "mask");
        if (masks.size() > 1) {
            throw Body.invalid("mask", "one mask, found " + masks.size());
        }
        return new EditFiles(images.getFirst(), masks.isEmpty() ? null : masks.getFirst());
    }

    private static List<byte[]> files(Body body, String field) {
        var files = new ArrayList<>(body.files(field));
        body.json(field).ifPresent(node -> {
            for (JsonNode each : node.isArray() ? node.values() : List.of(node)) {
                var address = each.isObject() ? each.get("image_url") : each;
                files.add(decoded(field, address == null || !address.isString() ? "" : address.stringValue()));
            }
        });
        return files;
    }

    private static byte[] decoded(String field, String address) {
        int data = address.indexOf(BASE64);
        if (!address.startsWith("data:") || data < 0) {
            throw Body.invalid(field, "a file, or a data URI in Base64; other addresses are not fetched");
        }
        try {
            return Base64.getMimeDecoder().decode(address.substring(data + BASE64.length()));
        } catch (IllegalArgumentException e) {
            throw Body.invalid(field, "a data URI in Base64");
        }
    }

    /**
     * What these files ask for.
     *
     * @throws ApiException if a file is no image, or too large, or the images do not fit together or to the model
     */
    Edit edit(ModelDescription model) {
        require("image", image);
        EditMask read;
        if (mask == null) {
            read = reading("image", () -> EditMask.transparentParts(image, "image"));
            if (read.isEmpty()) {
                throw Body.invalid(
                        "mask", "an image whose transparent parts are made anew, as 'image' has no transparent part");
            }
        } else {
            require("mask", mask);
            read = reading("mask", () -> EditMask.decode(mask, "mask"));
        }
        var pixels = reading("image", () -> ImageFiles.decode(image, "image", Alpha.DROPPED));
        try {
            return Edit.of(pixels, read, model);
        } catch (IllegalArgumentException e) {
            throw wrong("image", e);
        }
    }

    /** Work that fails if a file is no image. */
    @FunctionalInterface
    private interface Reading<T> {
        T read();
    }

    private static <T> T reading(String field, Reading<T> reading) {
        try {
            return reading.read();
        } catch (ImageFileException e) {
            throw wrong(field, e);
        }
    }

    /** Looks at the head alone, before memory is taken for pixels. */
    private static void require(String field, byte[] file) {
        var size = reading(field, () -> ImageFiles.size(file, field));
        if ((long) size.width * size.height > MOST_PIXELS) {
            throw Body.invalid(field, "at most %s pixels, found %sx%s".formatted(MOST_PIXELS, size.width, size.height));
        }
    }

    private static ApiException wrong(String field, IllegalArgumentException e) {
        return ApiException.field(
                field, "invalid_image", Optional.ofNullable(e.getMessage()).orElse("no image"));
    }
}
