namespace DistTrain.Cli.Roles;

/// <summary>
/// Ends a child of <c>train</c> with its parent. Standard input is a pipe whose other end only the parent holds, so it
/// reads its end when the parent closes it, and also when the parent is gone without a word (SIGKILL). What the parent says before that comes in lines.
/// </summary>
internal static class ParentWatch
{
    /// <summary>Time a role has to end in order.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(8);

    private static readonly ManualResetEventSlim Never = new();

    /// <summary>
    /// Reads <paramref name="input"/> on a thread of its own, because a starved thread pool must not keep an orphan alive.
    /// </summary>
    /// <param name="input">Standard input.</param>
    /// <param name="told">Called with each line that the parent says.</param>
    /// <param name="grace">Time between <paramref name="parentGone"/> and <paramref name="kill"/>.</param>
    /// <param name="parentGone">Called at the end of the input: asks the role to end.</param>
    /// <param name="kill">Ends the process, should it still be there, without asking anybody.</param>
    public static void Start(Stream input, Action<string> told, TimeSpan grace, Action parentGone, Action kill)
    {
        var thread = new Thread(() =>
        {
            ReadToEnd(input, told);
            parentGone();
            Never.Wait(grace);
            kill();
        })
        {
            IsBackground = true,
            Name = "parent watch",
        };
        thread.Start();
    }

    private static void ReadToEnd(Stream input, Action<string> told)
    {
        try
        {
            using var lines = new StreamReader(input);
            while (lines.ReadLine() is { } line)
                told(line);
        }
        catch (IOException)
        {
            // A pipe that cannot be read has no parent behind it either.
        }
    }
}
