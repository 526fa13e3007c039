using System.Buffers.Binary;
using System.Text;

namespace DistTrain.Torch.Tests.Build;

/// <summary>Builds the smallest ELF file that asks one library for versions: header, strings, version needs, section headers.</summary>
internal static class TinyElf
{
    public static byte[] Asking(string library, params string[] versions)
    {
        var strings = new MemoryStream();
        strings.WriteByte(0);
        var names = new[] { library }.Concat(versions).ToDictionary(name => name, name => Append(strings, name));

        var needs = new byte[16 + 16 * versions.Length];
        Put16(needs, 0, 1);
        Put16(needs, 2, versions.Length);
        Put32(needs, 4, names[library]);
        Put32(needs, 8, 16);
        for (var i = 0; i < versions.Length; i++)
        {
            Put16(needs, 16 + 16 * i + 6, i + 2);
            Put32(needs, 16 + 16 * i + 8, names[versions[i]]);
            Put32(needs, 16 + 16 * i + 12, i + 1 < versions.Length ? 16 : 0);
        }

        var text = strings.ToArray();
        var header = new byte[64];
        "\u007fELF"u8.CopyTo(header);
        (header[4], header[5], header[6]) = (2, 1, 1);
        Put32(header, 0x28, 64 + text.Length + needs.Length);
        Put16(header, 0x3a, 64);
        Put16(header, 0x3c, 3);
        return [.. header, .. text, .. needs, .. new byte[64], .. Section(3, 64, text.Length), .. Section(0x6ffffffe, 64 + text.Length, needs.Length)];
    }

    private static byte[] Section(uint type, int offset, int size)
    {
        var section = new byte[64];
        BinaryPrimitives.WriteUInt32LittleEndian(section.AsSpan(4), type);
        Put32(section, 24, offset);
        Put32(section, 32, size);
        Put32(section, 40, 1); // the string table is section 1
        Put32(section, 44, 1); // one library
        return section;
    }

    private static int Append(MemoryStream strings, string text)
    {
        var at = (int)strings.Length;
        strings.Write(Encoding.ASCII.GetBytes(text + "\0"));
        return at;
    }

    private static void Put16(byte[] bytes, int at, int value) => BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(at), (ushort)value);

    private static void Put32(byte[] bytes, int at, int value) => BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at), value);
}
