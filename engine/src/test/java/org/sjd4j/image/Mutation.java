package org.sjd4j.image;

import java.util.Arrays;
import java.util.SplittableRandom;

/** What happens to files: bits flip, lengths lie, parts are missing, repeated or in another order. */
final class Mutation {
    private static final int[] NUMBERS = {
        0, 1, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, Integer.MAX_VALUE, Integer.MIN_VALUE, -1
    };
    private static final int HEAD = 64;
    private static final int MOST_STEPS = 3;
    private static final int LONGEST = 60;

    private Mutation() {}

    /** A mutant of a file, maybe with pieces of another one. */
    static byte[] of(byte[] file, byte[] other, SplittableRandom random) {
        byte[] mutant = file.clone();
        for (int steps = 1 + random.nextInt(MOST_STEPS); steps > 0 && mutant.length > 4; steps--) {
            mutant = step(mutant, other, random);
        }
        return mutant;
    }

    private static byte[] step(byte[] file, byte[] other, SplittableRandom random) {
        int at = random.nextInt(random.nextInt(3) == 0 ? Math.min(file.length, HEAD) : file.length);
        int length = 1 + random.nextInt(Math.min(LONGEST, file.length - at));
        switch (random.nextInt(8)) {
            case 0 -> file[at] ^= (byte) (1 << random.nextInt(Byte.SIZE));
            case 1 -> file[at] = (byte) random.nextInt();
            case 2 -> writeNumber(file, at, random);
            case 3 -> swap(file, at, random.nextInt(file.length - length + 1), length);
            case 4 -> {
                int count = Math.min(length, other.length);
                System.arraycopy(other, random.nextInt(other.length - count + 1), file, at, count);
            }
            case 5 -> {
                return Arrays.copyOf(file, at + 1);
            }
            case 6 -> {
                return ImageFixtures.joined(
                        Arrays.copyOf(file, at), Arrays.copyOfRange(file, at + length, file.length));
            }
            default -> {
                return ImageFixtures.joined(
                        Arrays.copyOf(file, at + length), Arrays.copyOfRange(file, at, file.length));
            }
        }
        return file;
    }

    /** A number of one, two or four bytes, in either order. */
    private static void writeNumber(byte[] file, int at, SplittableRandom random) {
        int number = random.nextBoolean() ? NUMBERS[random.nextInt(NUMBERS.length)] : 1 << random.nextInt(Integer.SIZE);
        int bytes = 1 << random.nextInt(3);
        boolean big = random.nextBoolean();
        for (int i = 0; i < bytes && at + i < file.length; i++) {
            file[at + i] = (byte) (number >> Byte.SIZE * (big ? bytes - 1 - i : i));
        }
    }

    private static void swap(byte[] file, int one, int other, int length) {
        byte[] kept = Arrays.copyOfRange(file, one, one + length);
        System.arraycopy(file, other, file, one, length);
        System.arraycopy(kept, 0, file, other, length);
    }
}
