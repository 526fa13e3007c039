using System.ComponentModel;
using System.Net.Sockets;
using System.Reflection;

namespace DistTrain.Cli.Invocation;

/// <summary>
/// Errors of the operating system as a user is to read them: the system's own words, which name the file, and what they mean. .NET keeps the number of
/// an error it has no type of its own for in <see cref="Exception.HResult"/>.
/// </summary>
internal static class SystemFailure
{
    private const int Eperm = 1, Eio = 5, Eagain = 11, Eacces = 13, Eexist = 17, Enotdir = 20, Eisdir = 21, Enfile = 23, Emfile = 24, Enospc = 28, Erofs = 30, Eloop = 40, Edquot = 122;

    /// <summary>HResult of <see cref="UnauthorizedAccessException"/>.</summary>
    private const int NoAccess = unchecked((int)0x80070005);

    /// <summary>The end of the command that <paramref name="e"/> means; null where it is no error of the system.</summary>
    /// <param name="e">What was thrown.</param>
    /// <param name="about">What it is about, before the system's words: an option, a file as the user named it.</param>
    public static CommandException? Explain(Exception e, string? about = null)
    {
        var cause = Unwrapped(e);
        if (MeaningOf(cause) is not { } meaning)
            return null;
        var text = $"{(about is null ? "" : about + ": ")}{OneLine(cause.Message)}{(meaning.Advice.Length == 0 ? "" : "; " + meaning.Advice)}";
        return meaning.IsInput ? CommandException.BadInput(text) : CommandException.Failed(text, e);
    }

    /// <summary>The same where the caller knows that it is one.</summary>
    public static CommandException Of(Exception e, string about) => Explain(e, about) ?? CommandException.Failed($"{about}: {OneLine(e.Message)}", e);

    private static (bool IsInput, string Advice)? MeaningOf(Exception e) => e switch
    {
        FileNotFoundException { FileName: { } name } when IsAssembly(name) => NotLoaded,
        FileLoadException or BadImageFormatException or DllNotFoundException => NotLoaded,
        FileNotFoundException or DirectoryNotFoundException when LeadsThroughFile(e.Message) => MeaningOf(Enotdir),
        FileNotFoundException or DirectoryNotFoundException => (true, ""),
        PathTooLongException => (true, "give a shorter path"),
        UnauthorizedAccessException when NamesFolder(e.Message) => (true, "it is a folder, or this user has no rights there: give a file that this user may read and write"),
        UnauthorizedAccessException => MeaningOf(Eacces),
        SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } => MeaningOf(Emfile),
        // What a call to another machine means, who called knows.
        SocketException => null,
        Win32Exception { NativeErrorCode: var error } => MeaningOf(error),
        IOException { HResult: NoAccess } => MeaningOf(Eacces),
        IOException { HResult: var error } => MeaningOf(error),
        _ => null,
    };

    private static (bool IsInput, string Advice) MeaningOf(int error) => error switch
    {
        Enospc or Edquot => (false, "make room there, or choose a folder on another disk"),
        Eperm or Eacces => (true, "give this user the rights, or choose another path"),
        Erofs => (true, "choose a folder that can be written"),
        Emfile => (false, $"this process may have {Limit} files open at a time: raise that (ulimit -n 4096, LimitNOFILE= of a systemd unit)"),
        Enfile => (false, "the machine has too many files open: end what has them, or raise fs.file-max"),
        Eloop => (true, "a link there leads back to itself: correct it, or choose another path"),
        Enotdir => (true, "a file stands where a folder is meant: choose another path"),
        Eisdir => (true, "a folder stands where a file is meant: choose another path"),
        Eexist => (true, "a file stands where a folder is meant: choose another path"),
        Eagain => (true, "another process holds it: end that first"),
        Eio => (false, "the disk or its file system fails: look into the system's log"),
        _ => (false, ""),
    };

    /// <summary>A program whose folder is whole can't load a part of itself where it may open no more files.</summary>
    private static (bool IsInput, string Advice) NotLoaded =>
        (false, $"the program's folder is incomplete, or too few files may be open at a time (here {Limit}, 'ulimit -n'): 'disttrain doctor' tells which");

    private static string Limit => Torch.Machine.DescriptorLimit.Read() is { } limit ? $"{limit:0}" : "few";

    private static Exception Unwrapped(Exception e) =>
        e is TypeInitializationException or TargetInvocationException or AggregateException && e.InnerException is { } inner ? Unwrapped(inner) : e;

    private static bool IsAssembly(string name) => name.Contains(", Version=", StringComparison.Ordinal);

    /// <summary>.NET says of a folder that is opened as a file that access is denied.</summary>
    private static bool NamesFolder(string message) => Named(message) is { } path && Directory.Exists(path);

    /// <summary>.NET says of a path that leads through a file that it can't find it.</summary>
    private static bool LeadsThroughFile(string message)
    {
        var above = Path.GetDirectoryName(Named(message));
        while (above is { Length: > 0 } && !File.Exists(above))
            above = Path.GetDirectoryName(above);
        return above is { Length: > 0 };
    }

    /// <summary>The path in .NET's message.</summary>
    private static string? Named(string message) => message.Split('\'') is [_, var path, ..] ? path : null;

    private static string OneLine(string text) => text.ReplaceLineEndings(" ").Trim().TrimEnd('.');
}
