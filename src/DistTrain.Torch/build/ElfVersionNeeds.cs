#if !NET
using System;
using System.IO;
#endif
using System.Text;

namespace DistTrain.Torch.Build;

/// <summary>
/// Reads and marks the symbol versions that a Linux library asks of other libraries (section .gnu.version_r of a 64-bit
/// little-endian ELF file). A need marked weak no longer stops the loader when the other library lacks that version.
/// </summary>
/// <remarks>
/// libLibTorchSharp.so asks for GLIBCXX_3.4.32 (GCC 13) on behalf of one symbol that no relocation uses; Debian 12 and
/// Ubuntu 22.04 end at 3.4.30 and refuse to load it. Layout: System V ABI, Linux Standard Base 5.0, section 10.7.3.
/// The file is compiled twice: here for net10.0, and by MSBuild for netstandard2.0 (TorchNative.targets), hence its plain C#.
/// </remarks>
public static class ElfVersionNeeds
{
    private const int Weak = 0x2; // VER_FLG_WEAK
    private const uint VersionNeedSection = 0x6ffffffe; // SHT_GNU_verneed
    private const int SectionHeaderSize = 64;

    /// <summary>Whether the library asks for this version, and whether the loader may do without it.</summary>
    /// <param name="image">The whole file.</param>
    /// <param name="version">Such as <c>GLIBCXX_3.4.32</c>.</param>
    /// <exception cref="InvalidDataException">Not a 64-bit little-endian ELF file, or its tables point outside of it.</exception>
    public static VersionNeed Find(byte[] image, string version)
    {
        var flags = FlagsOffset(image, version);
        if (flags < 0)
            return VersionNeed.None;
        return (UInt16(image, flags) & Weak) != 0 ? VersionNeed.Weak : VersionNeed.Strong;
    }

    /// <summary>Marks the need for this version as weak: one bit of the image changes, or none.</summary>
    /// <returns>True when the bit was set by this call; false when it was set before or the version is not asked for.</returns>
    /// <exception cref="InvalidDataException">As for <see cref="Find"/>.</exception>
    public static bool MarkWeak(byte[] image, string version)
    {
        if (Find(image, version) != VersionNeed.Strong)
            return false;
        image[FlagsOffset(image, version)] |= Weak;
        return true;
    }

    // Offset of vna_flags of the entry of that name; -1 when there is none.
    private static long FlagsOffset(byte[] image, string version)
    {
        if (image.Length < 64 || image[0] != 0x7f || image[1] != 'E' || image[2] != 'L' || image[3] != 'F')
            throw new InvalidDataException("not an ELF file");
        if (image[4] != 2 || image[5] != 1)
            throw new InvalidDataException("not a 64-bit little-endian ELF file");

        var sections = Offset(image, 0x28);
        if (UInt16(image, 0x3a) != SectionHeaderSize)
            throw new InvalidDataException("ELF section headers are not of 64 bytes");
        var count = UInt16(image, 0x3c);
        for (var i = 0; i < count; i++)
        {
            var header = sections + i * SectionHeaderSize;
            if (UInt32(image, header + 4) != VersionNeedSection)
                continue;
            var link = UInt32(image, header + 40);
            if (link >= count)
                throw new InvalidDataException("ELF version section names no string table");
            var names = Offset(image, sections + link * SectionHeaderSize + 24);
            return FlagsOffset(image, Offset(image, header + 24), UInt32(image, header + 44), names, version);
        }

        return -1;
    }

    // Verneed: version 2, count 2, file 4, first entry 4, next 4. Vernaux: hash 4, flags 2, other 2, name 4, next 4.
    private static long FlagsOffset(byte[] image, long need, uint needs, long names, string version)
    {
        for (uint n = 0; n < needs; n++)
        {
            if (UInt16(image, need) != 1)
                throw new InvalidDataException("ELF version needs of an unknown revision");
            var entry = need + UInt32(image, need + 8);
            var entries = UInt16(image, need + 2);
            for (var e = 0; e < entries; e++)
            {
                if (IsText(image, names + UInt32(image, entry + 8), version))
                    return entry + 4;
                entry += UInt32(image, entry + 12);
            }

            need += UInt32(image, need + 12);
        }

        return -1;
    }

    private static bool IsText(byte[] image, long offset, string text)
    {
        var bytes = Encoding.ASCII.GetBytes(text + "\0");
        Require(image, offset, 1);
        if (image.Length - offset < bytes.Length)
            return false;
        for (var i = 0; i < bytes.Length; i++)
        {
            if (image[offset + i] != bytes[i])
                return false;
        }

        return true;
    }

    private static long Offset(byte[] image, long at)
    {
        var value = UInt32(image, at) | ((long)UInt32(image, at + 4) << 32);
        Require(image, value, 1);
        return value;
    }

    private static uint UInt32(byte[] image, long at) => UInt16(image, at) | ((uint)UInt16(image, at + 2) << 16);

    private static ushort UInt16(byte[] image, long at)
    {
        Require(image, at, 2);
        return (ushort)(image[at] | (image[at + 1] << 8));
    }

    private static void Require(byte[] image, long at, int length)
    {
        if (at < 0 || at > image.Length - length)
            throw new InvalidDataException("ELF table points to " + at + ", outside of " + image.Length + " bytes");
    }
}

/// <summary>How a library asks for a symbol version.</summary>
public enum VersionNeed
{
    /// <summary>It does not.</summary>
    None,

    /// <summary>The loader refuses the library where the version is missing.</summary>
    Strong,

    /// <summary>The loader goes on where the version is missing.</summary>
    Weak,
}

#if !NET
/// <summary>The build step: writes Destination as a copy of Source, with the need marked weak where the policy says so.</summary>
public sealed class WeakenVersionNeed : Microsoft.Build.Utilities.Task
{
    [Microsoft.Build.Framework.Required]
    public string Source { get; set; } = "";

    [Microsoft.Build.Framework.Required]
    public string Destination { get; set; } = "";

    [Microsoft.Build.Framework.Required]
    public string Version { get; set; } = "";

    /// <summary>auto: where this system's libstdc++ lacks the version; always; never.</summary>
    [Microsoft.Build.Framework.Required]
    public string Policy { get; set; } = "";

    public override bool Execute()
    {
        if (Policy != "auto" && Policy != "always" && Policy != "never")
        {
            Log.LogError("TorchNativePatch is '{0}'; it may be auto, always or never", Policy);
            return false;
        }

        var image = File.ReadAllBytes(Source);
        var wanted = Policy == "always" || (Policy == "auto" && !SystemHas(Version));
        if (wanted && ElfVersionNeeds.MarkWeak(image, Version))
            Log.LogMessage(Microsoft.Build.Framework.MessageImportance.High, "{0}: its need of {1} is now weak", Destination, Version);

        // Written beside and renamed: whoever has the old file mapped or linked keeps it as it is.
        Directory.CreateDirectory(Path.GetDirectoryName(Destination));
        var fresh = Destination + "." + System.Diagnostics.Process.GetCurrentProcess().Id + ".new";
        File.WriteAllBytes(fresh, image);
        File.Delete(Destination);
        File.Move(fresh, Destination);
        return true;
    }

    // The runtime that runs this build has libstdc++ mapped, the same file that the loader will give to libtorch.
    private static bool SystemHas(string version)
    {
        foreach (var line in File.ReadAllLines("/proc/self/maps"))
        {
            var path = line.IndexOf('/') < 0 ? "" : line.Substring(line.IndexOf('/'));
            if (Path.GetFileName(path).StartsWith("libstdc++.so", StringComparison.Ordinal))
                return Encoding.ASCII.GetString(File.ReadAllBytes(path)).IndexOf("\0" + version + "\0", StringComparison.Ordinal) >= 0;
        }

        return false;
    }
}
#endif
