package org.sjd4j.cli.output;

import picocli.CommandLine.IVersionProvider;

/** The version of this program. */
public final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
        String version = Version.class.getPackage().getImplementationVersion();
        return new String[] {"sjd4j " + (version == null ? "(built from sources)" : version)};
    }
}
