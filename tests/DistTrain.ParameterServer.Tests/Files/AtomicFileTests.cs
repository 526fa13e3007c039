using DistTrain.ParameterServer.Files;

namespace DistTrain.ParameterServer.Tests.Files;

[Trait("Kind", "Fast")]
public sealed class AtomicFileTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string File => _folder["file"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_is_made_and_replaced_whole()
    {
        AtomicFile.Write(Disk.Real, File, stream => stream.Write("a long first text"u8));
        AtomicFile.Write(Disk.Real, File, stream => stream.Write("second"u8));
        Assert.Equal("second", System.IO.File.ReadAllText(File));
        Assert.Equal([File], Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public void The_old_file_is_seen_until_the_new_one_is_whole()
    {
        AtomicFile.Write(Disk.Real, File, stream => stream.Write("old"u8));
        AtomicFile.Write(Disk.Real, File, stream =>
        {
            stream.Write("new"u8);
            stream.Flush();
            Assert.Equal("old", System.IO.File.ReadAllText(File));
        });
        Assert.Equal("new", System.IO.File.ReadAllText(File));
    }

    [Fact]
    public void A_writer_that_throws_leaves_the_old_file_and_left_half_a_file_beside_it()
    {
        AtomicFile.Write(Disk.Real, File, stream => stream.Write("old"u8));
        Assert.Throws<IOException>(() => AtomicFile.Write(Disk.Real, File, stream =>
        {
            stream.Write("half"u8);
            throw new IOException("the disk is full");
        }));
        Assert.Equal("old", System.IO.File.ReadAllText(File));
        Assert.Equal([File], Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public void What_a_stopped_process_left_is_written_over()
    {
        System.IO.File.WriteAllText(File + ".tmp", "left by one that was killed, and longer than what follows");
        AtomicFile.Write(Disk.Real, File, stream => stream.Write("new"u8));
        Assert.Equal("new", System.IO.File.ReadAllText(File));
        Assert.Equal([File], Directory.EnumerateFiles(_folder.Path));
    }

    [Fact]
    public void A_missing_folder_is_an_IOException() =>
        Assert.ThrowsAny<IOException>(() => AtomicFile.Write(Disk.Real, _folder["no/file"], stream => stream.Write("x"u8)));
}
