namespace DistTrain.Recipes;

/// <summary>What a token of a text is, by the names of the job file.</summary>
public static class TokenKinds
{
    /// <summary>A Unicode scalar value that the training text has.</summary>
    public const string Characters = "characters";

    /// <summary>A byte of the file, one of 256.</summary>
    public const string Bytes = "bytes";

    /// <summary>A number of 16 bits in a file of nothing else.</summary>
    public const string UInt16 = "uint16";

    /// <summary>A number of 32 bits.</summary>
    public const string UInt32 = "uint32";

    /// <summary>A part of a word, of a vocabulary that stands beside the text (1609.08144, section 4.1; 1810.04805).</summary>
    public const string WordPiece = "wordPiece";

    /// <summary>Bytes that often stand together, of a vocabulary that stands beside the text (1508.07909; Radford et al. 2019, section 2.2).</summary>
    public const string BytePair = "bytePair";

    public static IReadOnlyList<string> All { get; } = [Characters, Bytes, WordPiece, BytePair, UInt16, UInt32];

    /// <summary>A vocabulary has to stand beside the text.</summary>
    public static bool HaveVocabulary(string tokens) => tokens is WordPiece or BytePair;

    /// <summary>Tokens come as numbers: whatever text they were made of, another program knows.</summary>
    public static bool AreNumbers(string tokens) => tokens is UInt16 or UInt32;
}
