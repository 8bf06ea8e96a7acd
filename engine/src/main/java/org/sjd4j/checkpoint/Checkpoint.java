package org.sjd4j.checkpoint;

import static org.sjd4j.tensor.CheckpointException.quote;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SequencedMap;
import java.util.SequencedSet;
import java.util.Set;
import org.sjd4j.io.NoTextException;
import org.sjd4j.io.TextFile;
import org.sjd4j.tensor.CheckpointException;

/**
 * The tensors of a model by name, whether they lie in one safetensors file or in several shards listed by a {@code
 * model.safetensors.index.json} (the layout of Hugging Face Transformers).
 *
 * <p>The index is untrusted: shards are plain file names in the checkpoint's own directory. Such a name may be a link to
 * anywhere, as those in the cache of the Hugging Face hub are: links are made by the user's programs, not by the index.
 * Instances are immutable and may be used by many threads.
 */
public final class Checkpoint implements AutoCloseable {

    /** Single files and indexes of shards in the order of preference. */
    private static final List<String> SINGLES = List.of("model.safetensors", "pytorch_model.bin");

    private static final long LARGEST_SIZE = 10_000_000;
    private static final String INDEX_ENDING = ".index.json";
    private static final Set<String> PICKLES = Set.of("bin", "pt", "pth", "ckpt");
    private static final String ADVICE = "download the whole checkpoint again";

    private final String source;
    private final SequencedMap<String, TensorFile> files;
    private final Collection<TensorFile> opened;

    private Checkpoint(String source, SequencedMap<String, TensorFile> files, Collection<TensorFile> opened) {
        this.source = source;
        this.files = Collections.unmodifiableSequencedMap(files);
        this.opened = List.copyOf(opened);
    }

    /**
     * Opens a safetensors file or one that PyTorch saved ({@code .bin}, {@code .pt}, {@code .pth}, {@code .ckpt}), or a
     * directory with an index or a single file {@code model.safetensors} or, failing those, {@code pytorch_model.bin}. A
     * directory may also be a repository's folder in a {@link HubCache}.
     *
     * @throws CheckpointException if there is no checkpoint, or a file of it is malformed, or index and shards disagree
     */
    public static Checkpoint open(Path path) {
        Path directory = HubCache.resolve(path);
        if (!Files.isDirectory(directory)) {
            return of(openFile(directory));
        }
        for (String single : SINGLES) {
            if (CheckpointFile.isThere(directory.resolve(single + INDEX_ENDING))) {
                return openShards(directory, single + INDEX_ENDING);
            }
            if (CheckpointFile.isThere(directory.resolve(single))) {
                return of(openFile(directory.resolve(single)));
            }
        }
        boolean unfinished = !HubCache.unfinished(directory).isEmpty();
        throw new CheckpointException(
                directory.toString(),
                "a directory without a checkpoint" + (unfinished ? ", and an unfinished download" : ""),
                String.join(" or ", SINGLES) + ", or an index of its parts",
                unfinished ? "finish the download" : "check the path");
    }

    private static TensorFile openFile(Path path) {
        String name = String.valueOf(path.getFileName());
        String ending = name.substring(name.lastIndexOf('.') + 1);
        return PICKLES.contains(ending) ? TorchFile.open(path) : SafetensorsFile.open(path);
    }

    /** One file as a checkpoint, which closes the file with it. */
    public static Checkpoint of(TensorFile file) {
        var files =
                LinkedHashMap.<String, TensorFile>newLinkedHashMap(file.names().size());
        file.names().forEach(name -> files.put(name, file));
        return new Checkpoint(file.source(), files, List.of(file));
    }

    private static Checkpoint openShards(Path directory, String indexName) {
        SequencedMap<String, String> index = readIndex(directory.resolve(indexName));
        var shards = new LinkedHashMap<String, TensorFile>();
        boolean complete = false;
        try {
            var files = LinkedHashMap.<String, TensorFile>newLinkedHashMap(index.size());
            index.forEach((tensor, shardName) -> {
                TensorFile shard =
                        shards.computeIfAbsent(shardName, name -> openFile(shardPath(directory, indexName, name)));
                if (!shard.names().contains(tensor)) {
                    throw new CheckpointException(
                            shard.source(), "no tensor " + quote(tensor), "it here, as " + indexName + " says", ADVICE);
                }
                files.put(tensor, shard);
            });
            requireDisjoint(shards.values());
            complete = true;
            return new Checkpoint(directory.toString(), files, shards.values());
        } finally {
            if (!complete) {
                shards.values().forEach(TensorFile::close);
            }
        }
    }

    /** Shard file name by tensor name. Other members of the index, such as the total size, are of no concern here. */
    private static SequencedMap<String, String> readIndex(Path path) {
        CheckpointFile.requireText(path, "an index of shards");
        byte[] utf8;
        try {
            long size = Files.size(path);
            if (size > StrictJson.LONGEST_DOCUMENT) {
                throw new CheckpointException(
                        path.toString(),
                        size + " bytes",
                        "a file of at most " + StrictJson.LONGEST_DOCUMENT + " bytes",
                        ADVICE);
            }
            utf8 = TextFile.read(path).getBytes(StandardCharsets.UTF_8);
        } catch (NoTextException e) {
            throw new CheckpointException(path.toString(), e.found(), "text in UTF-8", ADVICE, e);
        } catch (IOException e) {
            throw new CheckpointException(
                    path.toString(), "a file that cannot be read", "a readable file", "check its permissions", e);
        }
        return StrictJson.read(utf8, path.toString(), ADVICE, json -> {
            var shards = new LinkedHashMap<String, String>();
            boolean mapped = false;
            for (String key = json.nextMember(); key != null; key = json.nextMember()) {
                if (!key.equals("weight_map")) {
                    json.skip();
                    continue;
                }
                mapped = true;
                json.object("member", key);
                for (String tensor = json.nextMember(); tensor != null; tensor = json.nextMember()) {
                    shards.put(tensor, json.string("shard of tensor", tensor));
                }
            }
            if (!mapped) {
                throw json.malformed("no weight_map", "a map from tensor to file name");
            }
            return shards;
        });
    }

    private static Path shardPath(Path directory, String indexName, String name) {
        String source = directory.resolve(indexName).toString();
        if (!isPlainFileName(name)) {
            throw new CheckpointException(
                    source, "shard " + quote(name), "a plain file name", "do not trust this checkpoint");
        }
        try {
            return directory.resolve(name);
        } catch (InvalidPathException e) {
            throw new CheckpointException(source, "shard " + quote(name), "a file name", ADVICE, e);
        }
    }

    private static boolean isPlainFileName(String name) {
        return !name.isEmpty()
                && !name.equals(".")
                && !name.equals("..")
                && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || Character.isISOControl(c));
    }

    private static void requireDisjoint(Collection<TensorFile> shards) {
        var holders = new HashMap<String, TensorFile>();
        for (TensorFile shard : shards) {
            for (String tensor : shard.names()) {
                TensorFile other = holders.putIfAbsent(tensor, shard);
                if (other != null) {
                    throw new CheckpointException(
                            shard.source(),
                            "tensor " + quote(tensor) + ", which is also in " + other.source(),
                            "every tensor in one shard",
                            ADVICE);
                }
            }
        }
    }

    /** Names of all tensors: in order of the index, or of the data if there is a single file. */
    public SequencedSet<String> names() {
        return files.sequencedKeySet();
    }

    /** Whether there is a tensor of this name. */
    public boolean contains(String name) {
        return files.containsKey(name);
    }

    /**
     * Type and shape of a tensor. Its offsets count within its own shard.
     *
     * @throws CheckpointException if there is no tensor of this name
     */
    public TensorInfo info(String name) {
        return file(name).info(name);
    }

    /**
     * The sizes of a tensor, from which a model's own sizes are told.
     *
     * @param rank how many there must be
     * @throws CheckpointException if there is no tensor of this name, or it has another number of dimensions, or a size that
     *     no model has
     */
    public int[] sizes(String name, int rank) {
        TensorInfo info = info(name);
        long[] shape = info.shape();
        if (shape.length != rank || Arrays.stream(shape).anyMatch(size -> size < 1 || size > LARGEST_SIZE)) {
            throw new CheckpointException(
                    source,
                    "tensor " + quote(name) + " of shape " + Arrays.toString(shape),
                    rank + " dimensions of 1 to " + LARGEST_SIZE,
                    "check that the checkpoint belongs to this model");
        }
        return Arrays.stream(shape).mapToInt(Math::toIntExact).toArray();
    }

    /**
     * The bytes of a tensor, as {@link TensorFile#segment} gives them. They live until {@link #close()}.
     *
     * @throws CheckpointException if there is no tensor of this name
     */
    public MemorySegment segment(String name) {
        return file(name).segment(name);
    }

    /** The free-form metadata of all files together; where shards disagree, the first one counts. */
    public Map<String, String> metadata() {
        var metadata = new HashMap<String, String>();
        opened.forEach(file -> file.metadata().forEach(metadata::putIfAbsent));
        return Collections.unmodifiableMap(metadata);
    }

    /** Where the tensors come from: the path given to {@link #open}. */
    public String source() {
        return source;
    }

    private TensorFile file(String name) {
        TensorFile file = files.get(name);
        if (file == null) {
            throw new CheckpointException(
                    source,
                    files.size() + " tensors, none of them named " + quote(name),
                    "that tensor",
                    "check that the checkpoint belongs to this model");
        }
        return file;
    }

    /** Unmaps all files. May be called more than once. */
    @Override
    public void close() {
        opened.forEach(TensorFile::close);
    }
}
