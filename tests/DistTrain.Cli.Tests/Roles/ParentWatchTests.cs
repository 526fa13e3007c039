using System.IO.Pipes;
using DistTrain.Cli.Roles;

namespace DistTrain.Cli.Tests.Roles;

[Trait("Kind", "Fast")]
public class ParentWatchTests
{
    [Fact]
    public async Task Lines_are_told_and_the_end_of_the_input_asks_first_and_kills_later()
    {
        using var parent = new AnonymousPipeServerStream(PipeDirection.Out);
        using var input = new AnonymousPipeClientStream(PipeDirection.In, parent.ClientSafePipeHandle);
        var seen = new List<string>();
        var told = new TaskCompletionSource<string>();
        var gone = new TaskCompletionSource();
        var killed = new TaskCompletionSource();
        ParentWatch.Start(
            input,
            told.SetResult,
            TimeSpan.FromMilliseconds(50),
            () => { seen.Add("asked"); gone.SetResult(); },
            () => { seen.Add("killed"); killed.SetResult(); });
        parent.Write("a word\n"u8);
        Assert.Equal("a word", await told.Task.For("the line"));
        Assert.False(gone.Task.IsCompleted);

        parent.Dispose();

        await gone.Task.For("the notice of the parent's end");
        await killed.Task.For("the kill");
        Assert.Equal(["asked", "killed"], seen);
    }
}
